/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/text.h"
#include "verifier/signer/core.h"

#define MARKS "release-marks"
#define REFUSED "release-refused"

enum status releases_map(int fd, struct span *image)
{
	const int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat facts;

	/* Without the seals a sibling could change what was checked, later. */
	if (seals < 0 || (seals & wanted) != wanted)
		return STATUS_DENIED;
	if (fstat(fd, &facts) != 0)
		return STATUS_IO;
	if (facts.st_size <= 0 || (uint64_t)facts.st_size > REFERENCE_MAX)
		return STATUS_TOO_LARGE;

	void *data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_SHARED, fd, 0);

	if (data == MAP_FAILED)
		return STATUS_IO;
	*image = (struct span){ .data = data, .len = (size_t)facts.st_size };
	return OK;
}

enum status releases_marks(struct signer *s, struct release_marks *out)
{
	AUTO_DONE(keep) keep = { 0 };
	struct span stored;
	enum status status = store_fact(s->store, MARKS, &keep, &stored);

	if (status == STATUS_NOT_FOUND) {
		*out = (struct release_marks){ 0 };
		return OK;
	}
	if (status != OK)
		return status;
	return release_marks_decode_stored(stored, out) == OK ? OK : STATUS_IO;
}

enum status releases_marks_set(struct signer *s, const struct release_marks *marks)
{
	AUTO_DONE(bytes) encoded = { 0 };
	enum status status = release_marks_encode(marks, &encoded);

	return status == OK ? store_fact_set(s->store, MARKS, span_of(&encoded)) : status;
}

/* The same version with other bytes is as bad as an older one. */
static bool goes_back(const struct release_mark *from, const struct release_mark *to)
{
	if (to->version != from->version)
		return to->version < from->version;
	return from->digest.alg != DIGEST_NONE && !digest_equal(&from->digest, &to->digest);
}

static enum status raise_marks(struct signer *s, const struct release_marks *marks)
{
	struct release_marks seen = { 0 };
	enum status status = releases_marks(s, &seen);

	if (status != OK)
		return status;
	if (goes_back(&seen.root, &marks->root) || goes_back(&seen.timestamp, &marks->timestamp) ||
	    goes_back(&seen.index, &marks->index) ||
	    goes_back(&seen.revocations, &marks->revocations) ||
	    goes_back(&seen.log, &marks->log) || marks->time < seen.time ||
	    (seen.rejected.alg != DIGEST_NONE && marks->rejected.alg == DIGEST_NONE))
		return STATUS_DENIED;
	return releases_marks_set(s, marks);
}

static enum status forget_refusal(struct signer *s)
{
	return store_fact_set(s->store, REFUSED, (struct span){ 0 });
}

enum status releases_accept(struct turn *turn, struct span image, const struct release_marks *marks,
			    struct reference *out)
{
	struct signer *s = turn->signer;
	struct reference reference;
	enum status status = reference_open(image, &reference);

	if (status != OK)
		return status;

	struct reference_facts facts = reference_facts(&reference);
	bool is_other = !s->has_reference || !span_equal(signer_generation(s), facts.generation);

	/* Zeros are the generation of no release at all. */
	if (facts.generation.len != SHA256_SIZE || span_is_zero(facts.generation))
		return STATUS_MALFORMED;
	status = raise_marks(s, marks);
	if (status == OK)
		status = store_generation_set(s->store, facts.generation);
	if (status == OK)
		status = forget_refusal(s);
	if (status == OK && is_other)
		status = audit_note(turn, "release-loaded", (struct span){ 0 }, NULL,
				    "root %llu index %llu valid until %lld",
				    (unsigned long long)facts.root_version,
				    (unsigned long long)facts.index_version,
				    (long long)facts.valid_until);
	if (status == OK)
		*out = reference;
	return status;
}

static bool tries_something_out(const struct reference *reference)
{
	uint32_t count = reference_facts(reference).release_count;
	struct release release;

	for (uint32_t i = 0; i < count; i++)
		if (reference_release(reference, i, &release) == OK &&
		    release.state == RELEASE_CANARY)
			return true;
	return false;
}

void releases_use(struct signer *s, const struct reference *reference, int64_t now)
{
	if (!s->has_reference ||
	    !span_equal(signer_generation(s), reference_facts(reference).generation))
		s->in_use_since = now;
	s->reference = *reference;
	s->has_reference = true;
	s->loaded = now;
	s->release_refused = 0;
	bytes_done(&s->suspension);
	s->has_canary = tries_something_out(reference);
}

enum status releases_current(struct signer *s)
{
	AUTO_DONE(keep) keep = { 0 };
	struct span stored = { 0 };

	/* No newer release is no news about the one in use, which a revoked key signed. */
	if (s->suspension.len > 0)
		return store_fact_set(s->store, REFUSED, span_of(&s->suspension));

	enum status status = store_fact(s->store, REFUSED, &keep, &stored);

	s->release_refused = 0;
	if (status == STATUS_NOT_FOUND || (status == OK && stored.len == 0))
		return OK;
	return status == OK ? forget_refusal(s) : status;
}

/* Is it the refusal that stands already? The advice may hold a time, or words of a server,
 * and be another at each look. */
static bool is_told(struct turn *turn, const struct load_refusal *refusal, struct span *stored)
{
	struct load_refusal before;

	if (store_fact(turn->signer->store, REFUSED, turn->keep, stored) != OK ||
	    stored->len <= sizeof(uint64_t))
		return false;

	struct span body = { stored->data + sizeof(uint64_t), stored->len - sizeof(uint64_t) };
	return load_refusal_decode(body, &before) == OK && span_equal(before.code, refusal->code) &&
	       span_equal(before.document, refusal->document) &&
	       span_equal(before.field, refusal->field);
}

/* Kept as it came, with the time in front. */
static enum status tell(struct turn *turn, const struct load_refusal *refusal,
			struct bytes *encoded)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(encoded, SIGNER_RECORD_MAX);

	writer_be64(&w, (uint64_t)turn->now);

	enum status status = writer_end(&w);
	if (status == OK)
		status = load_refusal_encode(refusal, &body);
	if (status == OK)
		status = bytes_append(encoded, span_of(&body));
	if (status == OK)
		status = store_fact_set(turn->signer->store, REFUSED, span_of(encoded));
	return status == OK
		       ? audit_note(turn, "release-refused", (struct span){ 0 }, NULL,
				    "%.*s in %.*s", (int)refusal->code.len,
				    (const char *)refusal->code.data, (int)refusal->document.len,
				    (const char *)refusal->document.data)
		       : status;
}

enum status releases_refused(struct turn *turn, const struct load_refusal *refusal, bool suspends)
{
	AUTO_DONE(bytes) encoded = { 0 };
	struct signer *s = turn->signer;
	struct span stored = { 0 };
	enum status status = OK;

	if (s->release_refused == 0)
		s->release_refused = turn->now;
	if (!is_told(turn, refusal, &stored)) {
		status = tell(turn, refusal, &encoded);
		stored = span_of(&encoded);
	}
	if (status != OK || !suspends)
		return status;
	bytes_done(&s->suspension);
	return bytes_copy(stored, &s->suspension);
}

static enum status describe_refusal(struct turn *turn, struct releases_item *item)
{
	struct load_refusal refusal;
	struct span stored = { 0 };
	enum status status = store_fact(turn->signer->store, REFUSED, turn->keep, &stored);

	if (status == STATUS_NOT_FOUND || (status == OK && stored.len == 0))
		return OK;
	if (status != OK)
		return status;

	struct reader r = reader_over(stored);

	item->refused = (int64_t)(reader_be64(&r) & INT64_MAX);
	if (r.status != OK || load_refusal_decode(r.rest, &refusal) != OK)
		return STATUS_IO;
	item->refused_code = refusal.code;
	item->refused_document = refusal.document;
	item->refused_field = refusal.field;
	item->refused_advice = refusal.advice;
	return OK;
}

enum status releases_describe(struct turn *turn, struct releases_item *item)
{
	const struct signer *s = turn->signer;

	item->is_loaded = s->has_reference;
	item->generation = signer_generation(s);
	item->loaded = s->loaded;
	if (s->has_reference) {
		struct reference_facts facts = reference_facts(&s->reference);

		item->root_version = facts.root_version;
		item->index_version = facts.index_version;
		item->valid_until = facts.valid_until;
	}
	return describe_refusal(turn, item);
}
