/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "log_bytes.h"
#include "log_maker.h"

void made_boot_log_done(struct made_boot_log *log)
{
	for (size_t i = 0; i < log->count; i++)
		bytes_done(&log->event[i].payload);
	log->count = 0;
}

void boot_log_take(const struct golden *g, struct made_boot_log *out)
{
	struct boot_log log;
	struct boot_event event;

	*out = (struct made_boot_log){ 0 };
	assert_int_equal(boot_log_open(span_of(&g->boot_log), &log), OK);
	while (boot_log_next(&log, &event) == OK) {
		struct made_event *made = &out->event[out->count];

		if (out->count == 0)
			out->header = (struct span){ g->boot_log.data, event.offset };
		assert_true(++out->count < MADE_EVENTS_MAX);
		made->pcr = event.pcr;
		made->type = event.type;
		made->digest[0] = *boot_event_digest(&event, DIGEST_SHA1);
		made->digest[1] = *boot_event_digest(&event, DIGEST_SHA256);
		assert_int_equal(bytes_copy(event.payload, &made->payload), OK);
	}
}

static void put_event(struct bytes *out, const struct made_event *event)
{
	uint64_t digests = 0;

	for (size_t i = 0; i < 2; i++)
		digests += event->digest[i].alg != DIGEST_NONE;
	put_le(out, event->pcr, 4);
	put_le(out, event->type, 4);
	put_le(out, digests, 4);
	for (size_t i = 0; i < 2; i++) {
		if (event->digest[i].alg == DIGEST_NONE)
			continue;
		put_le(out, event->digest[i].alg, 2);
		put(out, digest_span(&event->digest[i]));
	}
	put_le(out, event->payload.len, 4);
	put(out, span_of(&event->payload));
}

void boot_log_write(struct made_boot_log *log, struct golden *g)
{
	struct bytes out = { 0 };

	put(&out, log->header);
	for (size_t i = 0; i < log->count; i++)
		put_event(&out, &log->event[i]);
	log->header = (struct span){ out.data, log->header.len };
	bytes_done(&g->boot_log);
	g->boot_log = out;
}

void boot_log_put(struct made_boot_log *log, struct golden *g)
{
	struct boot_replay replay;

	boot_log_write(log, g);
	assert_int_equal(boot_log_replay(span_of(&g->boot_log), &replay), OK);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		const struct digest *value = pcr_value(&replay.values, DIGEST_SHA256, pcr);

		if (value != NULL)
			assert_int_equal(pcr_value_set(&g->values, pcr, value), OK);
	}
}

static bool has_text(struct span payload, const char *text)
{
	size_t len = strlen(text);
	uint8_t wide[64];

	assert_true(len * 2 <= sizeof(wide));
	for (size_t i = 0; i < len; i++) {
		wide[2 * i] = (uint8_t)text[i];
		wide[2 * i + 1] = 0;
	}
	return len == 0 ||
	       (payload.len > 0 && (memmem(payload.data, payload.len, text, len) != NULL ||
				    memmem(payload.data, payload.len, wide, 2 * len) != NULL));
}

size_t boot_log_find(const struct made_boot_log *log, uint32_t type, const char *text)
{
	for (size_t i = 0; i < log->count; i++)
		if (log->event[i].type == type && has_text(span_of(&log->event[i].payload), text))
			return i;
	fail_msg("no event of type %x with %s", type, text);
	return 0;
}

void boot_log_drop(struct made_boot_log *log, size_t at)
{
	bytes_done(&log->event[at].payload);
	log->count--;
	memmove(&log->event[at], &log->event[at + 1], (log->count - at) * sizeof(log->event[0]));
}

void boot_log_rewrite(struct made_boot_log *log, size_t at, struct span payload)
{
	struct made_event *event = &log->event[at];
	struct bytes copy = { 0 };

	assert_int_equal(bytes_copy(payload, &copy), OK);
	bytes_done(&event->payload);
	event->payload = copy;
	assert_int_equal(digest_of(DIGEST_SHA1, span_of(&copy), &event->digest[0]), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&copy), &event->digest[1]), OK);
}

void boot_log_insert(struct made_boot_log *log, size_t at, uint32_t pcr, uint32_t type,
		     struct span payload)
{
	assert_true(log->count + 1 < MADE_EVENTS_MAX);
	memmove(&log->event[at + 1], &log->event[at], (log->count - at) * sizeof(log->event[0]));
	log->count++;
	log->event[at] = (struct made_event){ .pcr = pcr, .type = type };
	boot_log_rewrite(log, at, payload);
}

void boot_log_set_variable(struct made_boot_log *log, size_t at, struct span content)
{
	AUTO_DONE(bytes) out = { 0 };
	struct span old = span_of(&log->event[at].payload);
	uint64_t name_len = (uint64_t)old.data[16] * 2;

	put(&out, (struct span){ old.data, 24 });
	put_le(&out, content.len, 8);
	put(&out, (struct span){ old.data + 32, (size_t)name_len });
	put(&out, content);
	boot_log_rewrite(log, at, span_of(&out));
}

static void put_field(struct bytes *out, struct span a, struct span b)
{
	put_le(out, a.len + b.len, 4);
	put(out, a);
	put(out, b);
}

void golden_extend(struct golden *g, unsigned pcr, const struct digest *value)
{
	AUTO_DONE(hasher) hasher = { 0 };
	const struct digest *old = pcr_value(&g->values, DIGEST_SHA256, pcr);
	struct digest new;

	if (old == NULL)
		return;
	new = *old;
	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(hasher_extend(&hasher, &new, digest_span(value)), OK);
	assert_int_equal(pcr_value_set(&g->values, pcr, &new), OK);
}

void ima_log_add_made(struct golden *g, const struct made_entry *e)
{
	AUTO_DONE(bytes) data = { 0 };
	AUTO_DONE(bytes) prefix = { 0 };
	struct bytes *log = &g->ima_log;
	struct digest hash;

	/* "alg:" with its NUL */
	assert_int_equal(bytes_append(&prefix, span_text(e->digest_prefix)), OK);
	assert_int_equal(bytes_append_byte(&prefix, 0), OK);
	put_field(&data, span_of(&prefix), e->digest);
	put_field(&data, e->path, (struct span){ 0 });
	if (e->has_last)
		put_field(&data, e->last, (struct span){ 0 });
	assert_int_equal(digest_of(DIGEST_SHA1, span_of(&data), &hash), OK);
	if (e->has_wrong_hash)
		hash.value[0] ^= 1;
	put_le(log, e->pcr, 4);
	if (e->is_violation)
		put_filled(log, 0, 20);
	else
		put(log, digest_span(&hash));
	put_field(log, span_text(e->template), (struct span){ 0 });
	put_field(log, span_of(&data), (struct span){ 0 });
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&data), &hash), OK);
	if (e->is_violation)
		hash = digest_filled(DIGEST_SHA256, 0xff);
	golden_extend(g, e->pcr, &hash);
}

void ima_log_add(struct golden *g, const char *template, const char *path,
		 const struct digest *digest)
{
	bool is_typed = strcmp(template, "ima-sigv2") == 0;
	const struct made_entry entry = {
		.pcr = 10,
		.template = template,
		.digest_prefix = is_typed ? "ima:sha256:" : "sha256:",
		.digest = digest_span(digest),
		.path = { (const uint8_t *)path, strlen(path) + 1 },
		.has_last = true,
	};

	ima_log_add_made(g, &entry);
}

void ima_log_replay(struct golden *g)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct digest pcr = digest_filled(DIGEST_SHA256, 0);
	struct ima_log log;
	struct ima_entry entry;

	assert_int_equal(hasher_init(&hasher, DIGEST_SHA256), OK);
	assert_int_equal(ima_log_open(span_of(&g->ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		if (entry.pcr == 10)
			assert_int_equal(ima_extend(&pcr, &entry, IMA_BANK_PROPER, &hasher, NULL),
					 OK);
	assert_int_equal(pcr_value_set(&g->values, 10, &pcr), OK);
}

void ima_log_cut(struct golden *g, uint64_t count)
{
	struct ima_log log;
	struct ima_entry entry;
	size_t size = 0;

	assert_int_equal(ima_log_open(span_of(&g->ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK && entry.index < count)
		size = entry.offset + entry.size;
	g->ima_log.len = size;
	ima_log_replay(g);
}
