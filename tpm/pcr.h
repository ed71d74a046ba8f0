/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_PCR_H
#define TPM_PCR_H

#include "base/digest.h"
#include "base/reader.h"
#include "base/writer.h"

/* PC Client platforms have 24 PCRs, sizeofSelect 3 (TCG PTP 3.6). */
#define PCR_COUNT 24

/* A set of PCR indices, bit n for PCR n. */
typedef uint32_t pcr_mask;
#define PCR_MASK_ALL ((pcr_mask)0xffffff)

/* Values of one bank; only those whose bit is set in known exist. */
struct pcr_bank {
	enum digest_alg alg;
	pcr_mask known;
	struct digest value[PCR_COUNT];
};

struct pcr_values {
	struct pcr_bank bank[DIGEST_ALGS]; /* by digest_alg_index() */
};

/* TPML_PCR_SELECTION in the order in which it was written (Part 2, 10.9.7). */
struct pcr_selection {
	size_t count;
	struct {
		enum digest_alg alg;
		pcr_mask pcrs;
	} bank[DIGEST_ALGS];
};

/* None known; what is not known is neither cleared nor copied. */
void pcr_values_init(struct pcr_values *v);
void pcr_values_copy(const struct pcr_values *from, struct pcr_values *to);
/* NULL for an unknown algorithm. */
struct pcr_bank *pcr_values_bank(struct pcr_values *v, enum digest_alg alg);
/* NULL unless the value is known. */
const struct digest *pcr_value(const struct pcr_values *v, enum digest_alg alg, unsigned pcr);
enum status pcr_value_set(struct pcr_values *v, unsigned pcr, const struct digest *value);
/* The values of the PCRs in select and no more: joined, lowest PCR first, each as long as
 * alg's digests. None is known where they are not that. */
enum status pcr_values_read(struct span joined, enum digest_alg alg, pcr_mask select,
			    struct pcr_values *out);

/* One spelling only: a bank named twice, an unknown bank and a sizeofSelect
 * other than 3 are STATUS_UNSUPPORTED, more banks than DIGEST_ALGS
 * STATUS_TOO_LARGE. An empty list and an empty bank are well formed. */
enum status pcr_selection_read(struct reader *r, struct pcr_selection *out);
void pcr_selection_write(struct writer *w, const struct pcr_selection *s);
bool pcr_selection_equal(const struct pcr_selection *a, const struct pcr_selection *b);
bool pcr_selection_is_empty(const struct pcr_selection *s);
/* The selected values, bank by bank in the selection's order, lowest PCR
 * first, hashed with hash (Part 1, 17.5). STATUS_NOT_FOUND where one is not
 * known. */
enum status pcr_composite(const struct pcr_selection *s, const struct pcr_values *v,
			  enum digest_alg hash, struct digest *out);

#endif
