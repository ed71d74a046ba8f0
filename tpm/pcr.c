/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/pcr.h"

#define SELECT_SIZE (PCR_COUNT / 8)

void pcr_values_init(struct pcr_values *v)
{
	for (size_t i = 0; i < DIGEST_ALGS; i++) {
		v->bank[i].alg = digest_algs[i];
		v->bank[i].known = 0;
	}
}

void pcr_values_copy(const struct pcr_values *from, struct pcr_values *to)
{
	for (size_t i = 0; i < DIGEST_ALGS; i++) {
		to->bank[i].alg = from->bank[i].alg;
		to->bank[i].known = from->bank[i].known;
		for (pcr_mask left = from->bank[i].known; left != 0; left &= left - 1) {
			unsigned pcr = (unsigned)__builtin_ctz(left);

			to->bank[i].value[pcr] = from->bank[i].value[pcr];
		}
	}
}

struct pcr_bank *pcr_values_bank(struct pcr_values *v, enum digest_alg alg)
{
	size_t i = digest_alg_index(alg);

	return i < DIGEST_ALGS ? &v->bank[i] : NULL;
}

const struct digest *pcr_value(const struct pcr_values *v, enum digest_alg alg, unsigned pcr)
{
	size_t i = digest_alg_index(alg);

	if (i == DIGEST_ALGS || pcr >= PCR_COUNT)
		return NULL;
	return (v->bank[i].known >> pcr & 1) != 0 ? &v->bank[i].value[pcr] : NULL;
}

enum status pcr_value_set(struct pcr_values *v, unsigned pcr, const struct digest *value)
{
	struct pcr_bank *bank = pcr_values_bank(v, value->alg);

	if (bank == NULL)
		return STATUS_UNSUPPORTED;
	if (pcr >= PCR_COUNT)
		return STATUS_TOO_LARGE;
	bank->value[pcr] = *value;
	bank->known |= (pcr_mask)1 << pcr;
	return OK;
}

enum status pcr_values_read(struct span joined, enum digest_alg alg, pcr_mask select,
			    struct pcr_values *out)
{
	struct reader r = reader_over(joined);
	size_t size = digest_size(alg);
	enum status status = size > 0 ? OK : STATUS_UNSUPPORTED;

	pcr_values_init(out);
	for (pcr_mask left = select; left != 0 && status == OK; left &= left - 1) {
		struct digest value;

		status = digest_from(alg, reader_take(&r, size), &value);
		if (status == OK)
			status = pcr_value_set(out, (unsigned)__builtin_ctz(left), &value);
	}
	if (status == OK)
		status = reader_end(&r);
	if (status != OK)
		pcr_values_init(out);
	return status;
}

static bool selects_bank(const struct pcr_selection *s, enum digest_alg alg)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->bank[i].alg == alg)
			return true;
	return false;
}

static pcr_mask read_mask(struct reader *r)
{
	/* A TPM may use other sizes; PC Client ones never do, and a shorter or
	 * longer bitmap is a second spelling of one selection. */
	if (reader_u8(r) != SELECT_SIZE)
		reader_fail(r, STATUS_UNSUPPORTED);

	struct span bits = reader_take(r, SELECT_SIZE);
	pcr_mask mask = 0;

	for (size_t i = 0; i < bits.len; i++)
		mask |= (pcr_mask)bits.data[i] << 8 * i;
	return mask;
}

enum status pcr_selection_read(struct reader *r, struct pcr_selection *out)
{
	struct pcr_selection s = { 0 };
	uint32_t count = reader_be32(r);

	if (count > DIGEST_ALGS)
		reader_fail(r, STATUS_TOO_LARGE);
	for (uint32_t i = 0; i < count && r->status == OK; i++) {
		enum digest_alg alg = digest_alg_from_tpm(reader_be16(r));
		pcr_mask mask = read_mask(r);

		/* One bank twice would let two readers differ about its values. */
		if (alg == DIGEST_NONE || selects_bank(&s, alg))
			reader_fail(r, STATUS_UNSUPPORTED);
		s.bank[i].alg = alg;
		s.bank[i].pcrs = mask;
		s.count = i + 1;
	}
	if (r->status == OK)
		*out = s;
	return r->status;
}

void pcr_selection_write(struct writer *w, const struct pcr_selection *s)
{
	writer_be32(w, (uint32_t)s->count);
	for (size_t i = 0; i < s->count; i++) {
		writer_be16(w, (uint16_t)s->bank[i].alg);
		writer_u8(w, SELECT_SIZE);
		for (unsigned byte = 0; byte < SELECT_SIZE; byte++)
			writer_u8(w, (uint8_t)(s->bank[i].pcrs >> 8 * byte));
	}
}

bool pcr_selection_equal(const struct pcr_selection *a, const struct pcr_selection *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->bank[i].alg != b->bank[i].alg || a->bank[i].pcrs != b->bank[i].pcrs)
			return false;
	return true;
}

bool pcr_selection_is_empty(const struct pcr_selection *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->bank[i].pcrs != 0)
			return false;
	return true;
}

enum status pcr_composite(const struct pcr_selection *s, const struct pcr_values *v,
			  enum digest_alg hash, struct digest *out)
{
	AUTO_DONE(hasher) h = { 0 };
	struct span values[DIGEST_ALGS * PCR_COUNT];
	size_t count = 0;

	for (size_t i = 0; i < s->count && i < DIGEST_ALGS; i++)
		for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
			if ((s->bank[i].pcrs >> pcr & 1) == 0)
				continue;

			const struct digest *value = pcr_value(v, s->bank[i].alg, pcr);

			if (value == NULL)
				return STATUS_NOT_FOUND;
			values[count++] = digest_span(value);
		}

	enum status status = hasher_init(&h, hash);

	return status == OK ? hasher_digest(&h, values, count, out) : status;
}
