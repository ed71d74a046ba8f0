/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "lifecycle_scene.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "verdict_note.h"

#define PREDICATE_MAX 4096
#define STATEMENT_MAX 16384

void lifecycle_find_matrix(struct lifecycle *s)
{
	for (size_t i = 0; i < s->line.count; i++)
		if (sscanf(s->line.file[i].path, "matrix/%64[0-9a-f]/1.json", s->matrix) == 1)
			return;
	fail_msg("the line has no matrix");
}

void lifecycle_load(struct lifecycle *s, struct outcome *out)
{
	outcome_load_at(&s->line, &s->marks, LINE_NOW, out);
	if (out->status == OK)
		s->marks = out->marks;
}

void lifecycle_go_on(struct lifecycle *s, const struct line_edit *edits, size_t count)
{
	AUTO_DONE(outcome) out = { 0 };
	unsigned version = ++s->index;

	assert_true(version <= VERSIONS_MAX);
	line_make_version(&s->line, version, edits, count);
	s->manifest[version] = s->line.manifest;
	lifecycle_load(s, &out);
	if (out.status != OK)
		fail_msg("version %u: %s at %s %s", version, out.refusal.code, out.refusal.document,
			 out.refusal.field);
}

void lifecycle_init(struct lifecycle *s)
{
	*s = (struct lifecycle){ 0 };
	lifecycle_go_on(s, NULL, 0);
	lifecycle_find_matrix(s);
}

void lifecycle_done(struct lifecycle *s)
{
	line_done(&s->line);
}

static void sign(struct lifecycle *s, const char *kind, const char *subject, const char *predicate,
		 const char *key, const char *path, struct digest *digest)
{
	char text[STATEMENT_MAX];
	int len = snprintf(text, sizeof(text),
			   "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[%s],"
			   "\"predicateType\":\"https://attestd.dev/%s/v1\",\"predicate\":{%s}}",
			   subject, kind, predicate);

	assert_in_range(len, 1, sizeof(text) - 1);
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), digest), OK);
	if (path != NULL)
		line_put_signed(&s->line, path, key, text);
}

void lifecycle_put(struct lifecycle *s, const char *kind, const char *folder, const char *key,
		   const char *subject, const char *predicate, char out[HEX_MAX])
{
	struct digest digest;
	char path[160];

	sign(s, kind, subject, predicate, key, NULL, &digest);
	line_digest_hex(&digest, out);
	(void)snprintf(path, sizeof(path), "%s/%s/1.json", folder, out);
	sign(s, kind, subject, predicate, key, path, &digest);
}

static void append(char *text, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void append(char *text, size_t size, const char *format, ...)
{
	size_t used = strlen(text);
	va_list arguments;

	va_start(arguments, format);
	int len = vsnprintf(text + used, size - used, format, arguments);
	va_end(arguments);
	assert_in_range(len, 0, size - used - 1);
}

static void put_timestamp(struct lifecycle *s)
{
	char hex[HEX_MAX], subject[160], predicate[PREDICATE_MAX];

	line_digest_hex(&s->line.index, hex);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"index\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":%u,\"time\":%" PRId64 ",\"expires\":%" PRId64
		       ",\"index\":{\"version\":%u,\"sha256\":\"%s\"}",
		       s->index, LINE_NOW - 60, LINE_NOW + 3600, s->index, hex);
	sign(s, "timestamp", subject, predicate, "publish", "timestamp.json", &s->line.timestamp);
}

void lifecycle_publish(struct lifecycle *s, const struct entry *entries, size_t count,
		       const char *cell, const char *index)
{
	char subjects[PREDICATE_MAX] = "", list[PREDICATE_MAX] = "";
	char predicate[2 * PREDICATE_MAX];
	char root[HEX_MAX], revocations[HEX_MAX], hex[HEX_MAX], path[32];

	for (size_t i = 0; i < count; i++) {
		line_digest_hex(&s->manifest[entries[i].version], hex);
		append(subjects, sizeof(subjects),
		       "%s{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", i > 0 ? "," : "",
		       hex);
		append(list, sizeof(list), "%s{\"sha256\":\"%s\",\"version\":%u,\"state\":\"%s\"",
		       i > 0 ? "," : "", hex, entries[i].version, entries[i].state);
		if (entries[i].accept_until != 0)
			append(list, sizeof(list), ",\"acceptUntil\":%" PRId64,
			       entries[i].accept_until);
		append(list, sizeof(list), "}");
	}
	s->index++;
	line_digest_hex(&s->line.root, root);
	line_digest_hex(&s->line.revocations, revocations);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":%u,\"time\":%" PRId64
		       ",\"root\":{\"version\":1,\"sha256\":\"%s\"},\"matrix\":\"%s\","
		       "\"revocations\":{\"version\":1,\"sha256\":\"%s\"},"
		       "\"cells\":[{\"platform\":\"q35\",\"kernel\":\"6.1.0\","
		       "\"manifests\":[%s]%s}]%s",
		       s->index, LINE_NOW - 60 - s->index_age_s, root, s->matrix, revocations, list,
		       cell, index);
	(void)snprintf(path, sizeof(path), "index/%u.json", s->index);
	sign(s, "index", subjects, predicate, "publish", path, &s->line.index);
	put_timestamp(s);
}

void lifecycle_put_canary(struct lifecycle *s, unsigned version, int number, const char *key,
			  struct canary canary)
{
	AUTO_DONE(bytes) payload = { 0 };
	char hex[HEX_MAX], path[160];

	if (canary.manifest.alg == DIGEST_NONE)
		canary.manifest = s->manifest[version];
	if (canary.index.alg == DIGEST_NONE) {
		canary.index = s->line.index;
		canary.index_version = s->index;
	}
	if (canary.checkpoint.len == 0)
		canary.checkpoint = span_text(VERDICT_NOTE);
	assert_int_equal(canary_write(&canary, &payload), OK);
	assert_int_equal(bytes_append_byte(&payload, 0), OK);
	line_digest_hex(&s->manifest[version], hex);
	(void)snprintf(path, sizeof(path), "canaries/%s/%d.json", hex, number);
	line_put_signed(&s->line, path, key, (const char *)payload.data);
}

struct quoted_hex {
	char text[HEX_MAX + 2];
};

static struct quoted_hex quoted(const char *hex)
{
	struct quoted_hex text = { "" };

	if (hex != NULL)
		(void)snprintf(text.text, sizeof(text.text), "\"%s\"", hex);
	return text;
}

void lifecycle_revoke(struct lifecycle *s, const char *signer, const struct revoked *revoked)
{
	char text[1024], path[32];

	(void)snprintf(text, sizeof(text),
		       "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[],"
		       "\"predicateType\":\"https://attestd.dev/revocations/v1\",\"predicate\":{"
		       "\"version\":%u,\"time\":%" PRId64 ",\"expires\":%" PRId64
		       ",\"manifests\":[%s],\"files\":[],\"keys\":[%s],\"nodes\":[%s]}}",
		       revoked->version, LINE_NOW - 60, LINE_NOW + 86400,
		       quoted(revoked->manifest).text, quoted(revoked->key).text,
		       quoted(revoked->node).text);
	(void)snprintf(path, sizeof(path), "revocations/%u.json", revoked->version);
	line_put_signed(&s->line, path, signer, text);
}

void lifecycle_expect(struct lifecycle *s, const char *code)
{
	AUTO_DONE(outcome) out = { 0 };

	lifecycle_load(s, &out);
	if (out.status == OK || strcmp(out.refusal.code, code) != 0)
		fail_msg("%s at %s %s, not %s",
			 out.status == OK ? "nothing refused" : out.refusal.code,
			 out.refusal.document, out.refusal.field, code);
	assert_true(out.refusal.advice[0] != '\0' && strstr(out.refusal.advice, "docs/") == NULL);
}

bool lifecycle_has(const struct lifecycle *s, const struct outcome *out, unsigned version,
		   struct release *release)
{
	struct reference ref;

	assert_int_equal(reference_open(span_of(&out->image), &ref), OK);
	for (uint32_t i = 0; i < reference_facts(&ref).release_count; i++) {
		assert_int_equal(reference_release(&ref, i, release), OK);
		if (digest_equal(&release->manifest, &s->manifest[version]))
			return true;
	}
	return false;
}
