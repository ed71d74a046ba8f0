/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_EVIDENCE_H
#define MESSAGES_EVIDENCE_H

#include "base/bytes.h"
#include "messages/json_writer.h"
#include "messages/limits.h"
#include "messages/strict_json.h"

/* Conditions that a host knows of itself; they never improve a verdict. */
enum host_state {
	HOST_ENDORSEMENT_AUTH_SET = 1 << 0,
	HOST_ENDORSEMENT_DISABLED = 1 << 1,
	HOST_EK_CERTIFICATE_MISSING = 1 << 2,
	HOST_BOOT_LOG_MISSING = 1 << 3,
	HOST_IMA_LOG_MISSING = 1 << 4,
};

#define HOST_STATES 5

/* "boot-log-missing" for HOST_BOOT_LOG_MISSING; NULL for what is no state. */
const char *host_state_name(unsigned state);

/* POST /v1/nodes/{id}/evidence */
struct evidence {
	struct bytes nonce;
	struct bytes attest; /* TPMS_ATTEST */
	struct bytes signature; /* TPMT_SIGNATURE */
	struct bytes pcrs[PCRS]; /* of the selected PCRs, lowest first */
	size_t pcr_count;
	struct bytes minting_public; /* TPMT_PUBLIC; empty: no minting key */
	struct bytes certify_attest; /* empty where left out */
	struct bytes certify_signature;
	bool has_boot_log;
	struct bytes boot_log;
	bool has_ima_log;
	uint64_t ima_first; /* number of the first entry below */
	struct bytes ima_entries;
	bool ima_has_more; /* a part: the log goes on after them */
	unsigned states; /* enum host_state */
	struct bytes
		svid; /* DER: the last one minted under the grant; empty: none, or not asked for */
	struct bytes report; /* text, messages/report.h; empty: none */
	struct digest entries; /* text of entries that the node holds: a hint; DIGEST_NONE: none */
	bool wants_ear; /* an attestation result for relying parties beside the verdict */
};

enum status evidence_parse(struct span json, struct evidence *out, const char **fault);
enum status evidence_write(const struct evidence *evidence, struct bytes *json);
void evidence_done(struct evidence *evidence);
/* The same object as a member of another; both leave the verdict to the
 * cursor's document and the writer. */
void evidence_take(struct strict_cursor *object, struct evidence *out);
void evidence_put(struct json_writer *w, const char *name, const struct evidence *evidence);
/* Appends the values of the selected PCRs. */
enum status evidence_join_pcrs(const struct evidence *evidence, struct bytes *out);

AUTO_RELEASE(evidence, evidence_done);

#endif
