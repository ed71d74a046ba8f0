/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/ima_log.h"

#include <string.h>

/* Name of the template "ima", as hashed: IMA_EVENT_NAME_LEN_MAX and its NUL. */
#define LEGACY_NAME_SIZE 256
#define MD5_SIZE 16
#define SHA1_SIZE 20

static const char sha256_prefix[] = "sha256:"; /* and its NUL, as the field has it */

enum status ima_log_open(struct span bytes, enum digest_alg recorded, uint64_t first,
			 struct ima_log *out)
{
	if (digest_size(recorded) == 0)
		return STATUS_UNSUPPORTED;
	*out = (struct ima_log){
		.reader = reader_over(bytes),
		.template_hash_size = digest_size(recorded),
		.next_index = first,
	};
	return OK;
}

static bool is_one_of(struct span s, const char *a, const char *b)
{
	return span_equal(s, span_text(a)) || span_equal(s, span_text(b));
}

static void take_digest(struct ima_entry *e, const struct ima_digest_alg *alg, struct span digest)
{
	e->has_digest = true;
	e->file_alg_name = (struct span){ (const uint8_t *)alg->name, alg->name_len };
	e->file_alg = alg->alg;
	e->file_digest = digest;
}

/* "d": no name of an algorithm, so its length says which of the two it is. */
static enum status take_d(struct ima_entry *e, struct span value)
{
	const char *name = value.len == SHA1_SIZE ? "sha1" : "md5";

	if (value.len != SHA1_SIZE && value.len != MD5_SIZE)
		return STATUS_MALFORMED;
	if (!e->has_digest)
		take_digest(e, ima_digest_alg_named(span_text(name)), value);
	return OK;
}

/* What nearly all entries have. */
static inline bool is_sha256(struct span value)
{
	return value.len == sizeof(sha256_prefix) + SHA256_SIZE &&
	       memcmp(value.data, sha256_prefix, sizeof(sha256_prefix)) == 0;
}

/* Splits "alg:" NUL digest. The name is looked up in a closed table: one that
 * we can't tell the length of could end anywhere. */
static enum status split_digest(const struct ima_entry *e, struct span value,
				const struct ima_digest_alg **alg, struct span *digest)
{
	const uint8_t *nul = value.len == 0 ? NULL : memchr(value.data, 0, value.len);

	if (nul == NULL || nul == value.data || nul[-1] != ':')
		return STATUS_MALFORMED;

	struct span name = { .data = value.data, .len = (size_t)(nul - value.data) - 1 };
	digest->data = nul + 1;
	digest->len = value.len - name.len - 2;
	*alg = ima_digest_alg_named(name);
	if (*alg == NULL)
		return STATUS_UNSUPPORTED;
	/* Kernels leave 20 zero bytes for a violation's digest, whatever its name. */
	if (digest->len != (*alg)->size &&
	    !(e->is_violation && digest->len == SHA1_SIZE && span_is_zero(*digest)))
		return STATUS_MALFORMED;
	return OK;
}

__attribute__((noinline)) static enum status split_and_take(struct ima_entry *e, struct span value)
{
	const struct ima_digest_alg *alg;
	struct span digest;
	enum status status = split_digest(e, value, &alg, &digest);

	if (status == OK)
		take_digest(e, alg, digest);
	return status;
}

static inline void take_sha256(struct ima_entry *e, const uint8_t *field)
{
	e->has_digest = true;
	e->file_alg_name = (struct span){ field, sizeof(sha256_prefix) - 2 };
	e->file_alg = DIGEST_SHA256;
	e->file_digest = (struct span){ field + sizeof(sha256_prefix), SHA256_SIZE };
}

static enum status take_d_ng(struct ima_entry *e, struct span value)
{
	if (!is_sha256(value))
		return split_and_take(e, value);
	take_sha256(e, value.data);
	return OK;
}

/* "ima:sha256:" NUL digest of the file, "verity:sha256:" NUL digest of its
 * fs-verity tree: the type tells them apart, so it belongs to the digest. */
static enum status take_d_ngv2(struct ima_entry *e, struct span value)
{
	const uint8_t *colon = value.len == 0 ? NULL : memchr(value.data, ':', value.len);

	if (colon == NULL)
		return STATUS_MALFORMED;

	struct span type = { .data = value.data, .len = (size_t)(colon - value.data) };
	struct span rest = { .data = colon + 1, .len = value.len - type.len - 1 };
	enum status status = take_d_ng(e, rest);
	if (status != OK)
		return status;
	if (!is_one_of(type, "ima", "verity"))
		return STATUS_UNSUPPORTED;
	e->digest_type = type;
	return OK;
}

/* Present only where the file carries an appended signature. */
static enum status check_d_modsig(const struct ima_entry *e, struct span value)
{
	const struct ima_digest_alg *alg;
	struct span digest;

	return value.len == 0 ? OK : split_digest(e, value, &alg, &digest);
}

/* One NUL, at the end: text that a reader of C strings would cut short could
 * pass for another path. */
static enum status take_path(struct ima_entry *e, struct span value, size_t max)
{
	if (value.len == 0 || value.len > max + 1 ||
	    memchr(value.data, 0, value.len) != value.data + value.len - 1)
		return STATUS_MALFORMED;
	e->has_path = true;
	e->path = (struct span){ .data = value.data, .len = value.len - 1 };
	return OK;
}

static enum status check_number(struct span value)
{
	return value.len == 1 || value.len == 2 || value.len == 4 || value.len == 8
		       ? OK
		       : STATUS_MALFORMED;
}

static enum status take_field(struct ima_entry *e, enum ima_field field, struct span value)
{
	switch (field) {
	case IMA_FIELD_D:
		return take_d(e, value);
	case IMA_FIELD_N:
		return take_path(e, value, IMA_LEGACY_NAME_MAX);
	case IMA_FIELD_D_NG:
		return take_d_ng(e, value);
	case IMA_FIELD_D_NGV2:
		return take_d_ngv2(e, value);
	case IMA_FIELD_N_NG:
		return take_path(e, value, IMA_PATH_MAX);
	case IMA_FIELD_SIG:
		e->file_signature = value;
		return OK;
	case IMA_FIELD_BUF:
		e->buffer = value;
		e->has_buffer = true;
		return OK;
	case IMA_FIELD_D_MODSIG:
		return check_d_modsig(e, value);
	case IMA_FIELD_IUID:
	case IMA_FIELD_IGID:
	case IMA_FIELD_IMODE:
		return check_number(value);
	case IMA_FIELD_MODSIG:
	case IMA_FIELD_EVMSIG:
	case IMA_FIELD_XATTRNAMES:
	case IMA_FIELD_XATTRLENGTHS:
	case IMA_FIELD_XATTRVALUES:
		return OK; /* opaque */
	}
	return STATUS_UNSUPPORTED;
}

/* "sha256:" NUL digest behind its length, and the length of a name. */
#define NG_DIGEST_SIZE (sizeof(sha256_prefix) + SHA256_SIZE)
#define NG_HEAD_SIZE (4 + NG_DIGEST_SIZE + 4)

/* Fields as nearly all entries have them, with SHA-256 and a signature or none, in one
 * pass: what it takes the walk below would take, and read the same. False: let that one
 * say what is wrong, if anything is. */
static inline bool read_ng(struct span data, bool has_signature, struct ima_entry *e)
{
	size_t fixed = NG_HEAD_SIZE + (has_signature ? 4 : 0);

	if (data.len < fixed || le32_at(data.data) != NG_DIGEST_SIZE ||
	    memcmp(data.data + 4, sha256_prefix, sizeof(sha256_prefix)) != 0)
		return false;

	struct span path = { data.data + NG_HEAD_SIZE, le32_at(data.data + NG_HEAD_SIZE - 4) };

	if (path.len > data.len - fixed || take_path(e, path, IMA_PATH_MAX) != OK)
		return false;

	size_t left = data.len - fixed - path.len;

	if (has_signature ? le32_at(path.data + path.len) != left : left != 0)
		return false;
	if (left > 0)
		e->file_signature = (struct span){ path.data + path.len + 4, left };
	take_sha256(e, data.data + 4);
	return true;
}

static void read_fields(struct reader *outer, const struct ima_template *t, struct ima_entry *e)
{
	uint32_t len = reader_le32(outer);

	if (len > IMA_ENTRY_MAX)
		reader_fail(outer, STATUS_TOO_LARGE);
	e->template_data = reader_take(outer, len);
	if (outer->status != OK)
		return;
	if (t->is_ng && read_ng(e->template_data, t->field_count == 3, e))
		return;

	struct reader r = reader_over(e->template_data);
	for (size_t i = 0; i < t->field_count && r.status == OK; i++) {
		uint32_t size = reader_le32(&r);
		struct span value = reader_take(&r, size);

		if (r.status == OK)
			r.status = take_field(e, t->field[i], value);
	}

	/* All of the entry is here: fields that overrun it contradict it. */
	enum status end = reader_end(&r);
	if (end != OK)
		reader_fail(outer, end == STATUS_TRUNCATED ? STATUS_MALFORMED : end);
}

/* The template "ima": 20 bytes of digest and a name, no lengths around them. */
static void read_legacy(struct reader *r, struct ima_entry *e)
{
	const uint8_t *start = r->rest.data;
	struct span digest = reader_take(r, SHA1_SIZE);
	uint32_t name_len = reader_le32(r);

	if (name_len > IMA_LEGACY_NAME_MAX)
		reader_fail(r, STATUS_MALFORMED);

	struct span name = reader_take(r, name_len);
	if (r->status != OK)
		return;
	if (name.len > 0 && memchr(name.data, 0, name.len) != NULL) {
		reader_fail(r, STATUS_MALFORMED);
		return;
	}
	e->is_legacy = true;
	e->template_data = (struct span){ .data = start, .len = (size_t)(r->rest.data - start) };
	take_digest(e, ima_digest_alg_named(span_text("sha1")), digest);
	e->has_path = true;
	e->path = name;
}

static void read_template_name(struct reader *r, uint32_t len, struct ima_log *log,
			       struct ima_entry *e)
{
	if (len > IMA_TEMPLATE_NAME_MAX)
		reader_fail(r, STATUS_TOO_LARGE);
	e->template_name = reader_take(r, len);
	if (r->status != OK)
		return;
	if (len > 0 && span_equal(e->template_name, log->template_name)) {
		/* The same bytes in the same place: who asks twice need not compare. */
		e->template_name = log->template_name;
		return;
	}
	reader_fail(r, ima_template_named(e->template_name, &log->template));
	log->template_name = r->status == OK ? e->template_name : (struct span){ 0 };
}

static void read_entry(struct reader *r, struct ima_log *log, struct ima_entry *e)
{
	struct span head = reader_take(r, 4 + log->template_hash_size + 4);

	if (head.len == 0)
		return;
	e->pcr = le32_at(head.data);
	if (e->pcr >= PCR_COUNT)
		reader_fail(r, STATUS_MALFORMED);
	e->template_hash = (struct span){ head.data + 4, log->template_hash_size };
	e->is_violation = e->template_hash.data[0] == 0 && span_is_zero(e->template_hash);
	read_template_name(r, le32_at(head.data + head.len - 4), log, e);
	if (r->status != OK)
		return;
	if (log->template.is_legacy)
		read_legacy(r, e);
	else
		read_fields(r, &log->template, e);
}

/* What not every template has; the rest is written for each entry. One by one: to
 * clear all of an entry, and to copy it, cost as much as a quarter of its hashing. */
static void start_entry(struct ima_entry *e)
{
	static const struct span none;

	e->path = none;
	e->file_alg = DIGEST_NONE;
	e->file_alg_name = none;
	e->file_digest = none;
	e->digest_type = none;
	e->file_signature = none;
	e->buffer = none;
	e->is_legacy = e->has_digest = e->has_path = e->has_buffer = false;
}

enum status ima_log_next(struct ima_log *log, struct ima_entry *out)
{
	struct reader r = log->reader;

	if (reader_is_done(&r))
		return r.status == OK ? STATUS_NOT_FOUND : r.status;
	start_entry(out);
	out->index = log->next_index;
	out->offset = r.offset;
	read_entry(&r, log, out);
	if (r.status != OK)
		return r.status;
	out->size = r.offset - out->offset;
	log->reader = r;
	log->next_index++;
	return OK;
}

static enum status hash_legacy(const struct ima_entry *e, struct hasher *hasher, struct digest *out)
{
	static const uint8_t zeros[LEGACY_NAME_SIZE];
	struct span parts[] = {
		e->file_digest,
		e->path,
		{ .data = zeros, .len = LEGACY_NAME_SIZE - e->path.len },
	};

	return hasher_digest(hasher, parts, 3, out);
}

enum status ima_entry_hash(const struct ima_entry *entry, struct hasher *hasher, struct digest *out)
{
	if (entry->is_legacy)
		return hash_legacy(entry, hasher, out);
	return hasher_digest(hasher, &entry->template_data, 1, out);
}
