/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/measured.h"

#include "base/reader.h"
#include "base/writer.h"

static bool is_known(const struct measured *m, const struct digest *which)
{
	for (size_t i = 0; i < m->count; i++) {
		if (digest_equal(&m->known[i], which))
			return true;
	}
	return false;
}

static void keep(struct measured *m, const struct digest *which)
{
	m->known[m->next] = *which;
	m->next = (m->next + 1) % MEASURED_MAX;
	if (m->count < MEASURED_MAX)
		m->count++;
}

static enum status read_answer(struct span answer, enum measured_state *out)
{
	struct reader r = reader_over(answer);
	uint8_t state = reader_u8(&r);
	enum status status = reader_end(&r);

	if (status != OK)
		return status;
	if (state > MEASURED_QUOTED)
		return STATUS_MALFORMED;
	*out = (enum measured_state)state;
	return OK;
}

enum status measured_ask(struct measured *m, const struct measured_source *source, struct span path,
			 const struct digest *digest, enum measured_state *out)
{
	AUTO_DONE(bytes) question = { 0 };
	AUTO_DONE(bytes) answer = { 0 };
	struct writer w = writer_to(&question, FRAME_SMALL_MAX);
	enum measured_state state;
	struct digest which;

	writer_sized(&w, digest_span(digest));
	writer_sized(&w, path);

	enum status status = writer_end(&w);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&question), &which);
	if (status == OK && is_known(m, &which)) {
		*out = MEASURED_QUOTED;
		return OK;
	}
	if (status == OK)
		status = source->ask(source->context, span_of(&question), &answer);
	if (status == OK)
		status = read_answer(span_of(&answer), &state);
	if (status != OK)
		return status;
	if (state == MEASURED_QUOTED)
		keep(m, &which);
	*out = state;
	return OK;
}
