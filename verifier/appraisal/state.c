/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/state.h"

#include <string.h>

#define STATE_VERSION 4

static void write_digest(struct writer *w, const struct digest *digest)
{
	writer_be16(w, (uint16_t)digest->alg);
	writer_put(w, digest_span(digest));
}

static void read_digest(struct reader *r, struct digest *out)
{
	enum digest_alg alg = digest_alg_from_tpm(reader_be16(r));
	struct span value = reader_take(r, digest_size(alg));

	if (alg == DIGEST_NONE)
		reader_fail(r, STATUS_MALFORMED);
	if (r->status == OK && digest_from(alg, value, out) != OK)
		reader_fail(r, STATUS_MALFORMED);
}

static bool read_bool(struct reader *r)
{
	uint8_t value = reader_u8(r);

	if (value > 1)
		reader_fail(r, STATUS_MALFORMED);
	return value == 1;
}

static pcr_mask read_mask(struct reader *r)
{
	pcr_mask mask = reader_be32(r);

	if ((mask & ~PCR_MASK_ALL) != 0)
		reader_fail(r, STATUS_MALFORMED);
	return mask;
}

static void write_progress(struct writer *w, const struct ima_progress *p)
{
	writer_be64(w, p->entries);
	writer_be16(w, (uint16_t)p->bank.alg);
	writer_be32(w, p->named);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((p->named >> pcr & 1) != 0)
			writer_put(w, digest_span(&p->bank.value[pcr]));
}

static void read_progress(struct reader *r, struct ima_progress *out)
{
	uint64_t entries = reader_be64(r);
	enum digest_alg alg = digest_alg_from_tpm(reader_be16(r));

	ima_progress_init(out, alg);
	out->entries = entries;
	out->named = read_mask(r);
	if (alg == DIGEST_NONE || (out->named == 0) != (entries == 0))
		reader_fail(r, STATUS_MALFORMED);
	out->bank.known = out->named;
	for (unsigned pcr = 0; pcr < PCR_COUNT && r->status == OK; pcr++) {
		struct span value = { 0 };

		if ((out->named >> pcr & 1) == 0)
			continue;
		value = reader_take(r, digest_size(alg));
		if (r->status == OK && digest_from(alg, value, &out->bank.value[pcr]) != OK)
			reader_fail(r, STATUS_MALFORMED);
	}
}

/* By its code, which outlives this program's numbers. */
static void write_finding(struct writer *w, const struct finding *f)
{
	writer_sized(w, span_text(reason_facts(f->reason)->code));
	writer_u8(w, (uint8_t)f->layer);
	writer_be64(w, f->entry);
	writer_sized(w, span_text(f->detail));
}

static void read_finding(struct reader *r, struct findings *out)
{
	struct finding f = { 0 };
	struct span code = reader_sized(r, FINDING_DETAIL_MAX);
	uint8_t layer = reader_u8(r);

	f.entry = reader_be64(r);
	struct span detail = reader_sized(r, FINDING_DETAIL_MAX);

	if (r->status != OK)
		return;
	if (reason_coded(code, &f.reason) != OK || f.reason == REASON_NONE || layer >= LAYERS) {
		reader_fail(r, STATUS_MALFORMED);
		return;
	}
	for (size_t i = 0; i < detail.len; i++)
		if (detail.data[i] < ' ' || detail.data[i] > '~')
			reader_fail(r, STATUS_MALFORMED);
	f.layer = (enum layer)layer;
	if (detail.len > 0)
		memcpy(f.detail, detail.data, detail.len);
	findings_add(out, &f);
}

static void write_findings(struct writer *w, const struct findings *findings)
{
	writer_u8(w, (uint8_t)findings->count);
	for (size_t i = 0; i < findings->count; i++)
		write_finding(w, &findings->list[i]);
	writer_be64(w, findings->more);
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
		writer_u8(w, findings->seen[claim]);
}

static void read_findings(struct reader *r, struct findings *out)
{
	uint8_t count = reader_u8(r);

	if (count > FINDINGS_MAX)
		reader_fail(r, STATUS_MALFORMED);
	for (unsigned i = 0; i < count && r->status == OK; i++)
		read_finding(r, out);
	out->more = reader_be64(r);
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++) {
		uint8_t seen = reader_u8(r);

		/* What is listed was seen: a state cannot forget on the way. */
		if ((out->seen[claim] & ~seen) != 0 || seen > 0xf)
			reader_fail(r, STATUS_MALFORMED);
		out->seen[claim] = seen;
	}
}

static void write_ima(struct writer *w, const struct ima_state *s)
{
	write_progress(w, &s->progress);
	writer_be64(w, s->proven);
	writer_be64(w, s->unproven_bytes);
	writer_u8(w, (uint8_t)s->phase);
	writer_u8(w, s->is_typed_by_default);
	writer_u8(w, s->uses_emergency);
	writer_be64(w, s->excluded);
	writer_be64(w, s->violations);
	for (size_t i = 0; i < sizeof(s->seen) / sizeof(s->seen[0]); i++)
		writer_be64(w, s->seen[i]);
	writer_u8(w, s->unreached);
	writer_be64(w, (uint64_t)s->incomplete_since);
	write_findings(w, &s->findings);
}

static void read_ima(struct reader *r, struct ima_state *s)
{
	read_progress(r, &s->progress);
	s->proven = reader_be64(r);
	s->unproven_bytes = reader_be64(r);
	if (s->proven > s->progress.entries || (s->unproven_bytes != 0) != ima_state_is_unproven(s))
		reader_fail(r, STATUS_MALFORMED);
	uint8_t phase = reader_u8(r);

	if (phase > IMA_PHASE_IN_FORCE || (phase == IMA_PHASE_START) != (s->progress.entries == 0))
		reader_fail(r, STATUS_MALFORMED);
	s->phase = r->status == OK ? (enum ima_phase)phase : IMA_PHASE_START;
	s->is_typed_by_default = read_bool(r);
	s->uses_emergency = read_bool(r);
	s->excluded = reader_be64(r);
	s->violations = reader_be64(r);
	for (size_t i = 0; i < sizeof(s->seen) / sizeof(s->seen[0]); i++)
		s->seen[i] = reader_be64(r);
	s->unreached = reader_u8(r);
	s->incomplete_since = (int64_t)reader_be64(r);
	if (s->incomplete_since < 0)
		reader_fail(r, STATUS_MALFORMED);
	if (ima_state_is_lost(s))
		reader_fail(r, STATUS_MALFORMED);
	read_findings(r, &s->findings);
}

void appraisal_state_init(struct appraisal_state *state)
{
	memset(state, 0, offsetof(struct appraisal_state, ima));
	ima_state_init(&state->ima, DIGEST_NONE);
}

enum status appraisal_state_write(const struct appraisal_state *state, struct bytes *out)
{
	AUTO_DONE(bytes) bytes = { 0 };
	struct writer w = writer_to(&bytes, APPRAISAL_STATE_MAX);

	writer_u8(&w, STATE_VERSION);
	writer_put(&w, (struct span){ state->generation, sizeof(state->generation) });
	write_digest(&w, &state->class_name);
	writer_be64(&w, (uint64_t)state->valid_until);
	writer_be32(&w, state->boot.release);
	write_digest(&w, &state->boot.manifest);
	writer_be64(&w, state->boot.version);
	writer_be32(&w, state->boot.explained);
	write_digest(&w, &state->boot.cap_base);
	write_digest(&w, &state->boot_values);
	write_ima(&w, &state->ima);

	enum status status = writer_end(&w);

	if (status != OK)
		return status;
	bytes_done(out);
	*out = bytes;
	bytes = (struct bytes){ 0 };
	return OK;
}

enum status appraisal_state_read(struct span bytes, struct appraisal_state *out)
{
	struct reader r = reader_over(bytes);

	if (bytes.len > APPRAISAL_STATE_MAX)
		return STATUS_TOO_LARGE;
	appraisal_state_init(out);
	if (reader_u8(&r) != STATE_VERSION)
		reader_fail(&r, STATUS_UNSUPPORTED);
	struct span generation = reader_take(&r, sizeof(out->generation));

	if (generation.len == sizeof(out->generation))
		memcpy(out->generation, generation.data, generation.len);
	read_digest(&r, &out->class_name);
	uint64_t valid_until = reader_be64(&r);

	if (valid_until > INT64_MAX)
		reader_fail(&r, STATUS_MALFORMED);
	out->valid_until = (int64_t)valid_until;
	out->boot.release = reader_be32(&r);
	read_digest(&r, &out->boot.manifest);
	out->boot.version = reader_be64(&r);
	out->boot.explained = read_mask(&r);
	read_digest(&r, &out->boot.cap_base);
	read_digest(&r, &out->boot_values);
	read_ima(&r, &out->ima);

	return reader_end(&r);
}

bool appraisal_state_is_usable(const struct appraisal_state *state, const struct reference *ref,
			       const struct node_class *node_class, int64_t now)
{
	struct span generation = { state->generation, sizeof(state->generation) };
	struct digest name;

	return span_equal(reference_facts(ref).generation, generation) &&
	       digest_of(DIGEST_SHA256, node_class->name, &name) == OK &&
	       digest_equal(&name, &state->class_name) && now < state->valid_until &&
	       state->ima.progress.bank.alg == node_class->bank;
}
