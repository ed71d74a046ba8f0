/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/reference.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/reference/reference_rows.h"

static struct ref_range get_range(struct reader *r)
{
	struct ref_range range = { .first = reader_be32(r) };

	range.count = reader_be32(r);
	return range;
}

static bool get_bool(struct reader *r)
{
	uint8_t value = reader_u8(r);

	if (value > 1)
		reader_fail(r, STATUS_MALFORMED);
	return value == 1;
}

/* A value of an enumeration whose last member is max. */
static unsigned get_choice(struct reader *r, unsigned max)
{
	uint8_t value = reader_u8(r);

	if (value > max)
		reader_fail(r, STATUS_MALFORMED);
	return value <= max ? value : 0;
}

struct reference_facts reference_facts(const struct reference *ref)
{
	struct reader r = reference_row(ref, IMAGE_FACTS, 0);
	struct reference_facts facts = {
		.generation = reader_take(&r, SHA256_SIZE),
		.class_count = reference_rows(ref, IMAGE_CLASSES),
		.release_count = reference_rows(ref, IMAGE_RELEASES),
		.set_count = reference_rows(ref, IMAGE_SETS),
	};

	facts.root_version = reader_be64(&r);
	facts.index_version = reader_be64(&r);
	facts.valid_until = (int64_t)reader_be64(&r);
	return facts;
}

struct span reference_text(const struct reference *ref, uint32_t index)
{
	struct reader r = reference_row(ref, IMAGE_TEXTS, index);
	uint32_t offset = reader_be32(&r);
	uint32_t len = reader_be32(&r);
	struct reader pool = reader_over(ref->section[IMAGE_TEXT_POOL]);

	if (r.status != OK)
		return (struct span){ 0 };
	reader_skip(&pool, offset);
	return reader_take(&pool, len);
}

struct digest reference_digest(const struct reference *ref, uint32_t index)
{
	struct reader r = reference_row(ref, IMAGE_DIGESTS, index);
	struct digest digest = { .alg = digest_alg_from_tpm(reader_be16(&r)) };
	struct span value = reader_take(&r, digest_size(digest.alg));

	if (r.status != OK || value.len == 0)
		return (struct digest){ 0 };
	memcpy(digest.value, value.data, value.len);
	return digest;
}

bool reference_range_has_digest(const struct reference *ref, struct ref_range range,
				const struct digest *digest)
{
	for (uint32_t i = 0; i < range.count; i++) {
		struct digest one = reference_digest(ref, range.first + i);

		if (one.alg != DIGEST_NONE && digest_equal(&one, digest))
			return true;
	}
	return false;
}

bool reference_range_has_text(const struct reference *ref, struct ref_range range, struct span text)
{
	for (uint32_t i = 0; i < range.count; i++)
		if (span_equal(reference_text(ref, range.first + i), text))
			return true;
	return false;
}

struct layer_owner reference_owner(const struct reference *ref, enum layer layer)
{
	struct reader r = reference_row(ref, IMAGE_OWNERS, (uint32_t)layer);
	uint32_t owner = reader_be32(&r);
	uint32_t backup = reader_be32(&r);
	uint32_t escalation = reader_be32(&r);

	return (struct layer_owner){
		.owner = reference_text(ref, owner),
		.backup = reference_text(ref, backup),
		.escalation = reference_text(ref, escalation),
	};
}

enum status reference_class(const struct reference *ref, uint32_t index, struct node_class *out)
{
	struct reader r = reference_row(ref, IMAGE_CLASSES, index);
	struct node_class row = { .name = reference_text(ref, reader_be32(&r)) };

	row.trust_domain = reference_text(ref, reader_be32(&r));
	row.id_patterns = get_range(&r);
	row.bank = digest_alg_from_tpm(reader_be16(&r));
	row.select = reader_be32(&r) & PCR_MASK_ALL;
	row.policy_pcrs = reader_be32(&r) & PCR_MASK_ALL;
	row.cap = (uint8_t)get_choice(&r, PCR_COUNT - 1);
	row.require_safe = get_bool(&r);
	row.firmware_deny = get_range(&r);
	row.cells = get_range(&r);
	row.blocked = get_range(&r);
	row.grant_lifetime_s = reader_be32(&r);
	row.attest_interval_s = reader_be32(&r);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = row;
	return end;
}

enum status reference_class_named(const struct reference *ref, struct span name,
				  struct node_class *out)
{
	struct node_class row;

	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_CLASSES); i++) {
		if (reference_class(ref, i, &row) != OK || !span_equal(row.name, name))
			continue;
		*out = row;
		return OK;
	}
	return STATUS_NOT_FOUND;
}

enum status reference_firmware_deny(const struct reference *ref, uint32_t index,
				    struct firmware_deny *out)
{
	struct reader r = reference_row(ref, IMAGE_FIRMWARE_DENY, index);
	struct firmware_deny deny = { 0 };

	reader_copy(&r, deny.vendor, 4);
	deny.from = reader_be64(&r);
	deny.to = reader_be64(&r);
	if (r.status != OK)
		return r.status;
	*out = deny;
	return OK;
}

enum status reference_boot_rule(const struct reference *ref, uint32_t index, struct boot_rule *out)
{
	struct reader r = reference_row(ref, IMAGE_BOOT_RULES, index);
	struct boot_rule rule = { .pcr = (uint8_t)get_choice(&r, PCR_COUNT - 1) };

	rule.type = reader_be32(&r);
	rule.name = reference_text(ref, reader_be32(&r));
	rule.digests = get_range(&r);
	rule.layer = (enum layer)get_choice(&r, LAYERS - 1);
	rule.is_required = get_bool(&r);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = rule;
	return end;
}

enum status reference_set(const struct reference *ref, uint32_t index, struct reference_set *out)
{
	struct reader r = reference_row(ref, IMAGE_SETS, index);
	struct reference_set row = { .name = reference_text(ref, reader_be32(&r)) };

	row.digest = reference_digest(ref, reader_be32(&r));
	row.class = (enum set_class)get_choice(&r, SET_VENDOR);
	row.vendor = (uint8_t)get_choice(&r, VENDORS_MAX - 1);
	row.files = reader_be64(&r);
	row.must_appear = get_range(&r);
	row.table = reader_be32(&r);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = row;
	return end;
}

static struct boot_rules get_boot(const struct reference *ref, struct reader *r)
{
	struct boot_rules boot = { .secure_boot = get_bool(r) };

	boot.lockdown = (enum lockdown)get_choice(r, LOCKDOWN_CONFIDENTIALITY);
	boot.pk = get_range(r);
	boot.kek = get_range(r);
	boot.db = get_range(r);
	boot.dbx_minimum = get_range(r);
	boot.chain = get_range(r);
	boot.events = get_range(r);
	boot.ignore = get_range(r);
	boot.cmdline = get_range(r);
	boot.initrd = get_range(r);
	boot.pcrs = get_range(r);
	boot.sbat_minimum = reference_text(ref, reader_be32(r));
	return boot;
}

static struct ima_rules get_ima(const struct reference *ref, struct reader *r)
{
	struct ima_rules ima = { .templates = get_range(r) };

	ima.hash = digest_alg_from_tpm(reader_be16(r));
	ima.policy_path = reference_text(ref, reader_be32(r));
	ima.policy_digests = get_range(r);
	ima.tolerate_violations = get_bool(r);
	ima.allow_builtin_policy = get_bool(r);
	ima.modules_disabled = get_bool(r);
	ima.keyrings = get_range(r);
	ima.keyring_digests = get_range(r);
	ima.sets = get_range(r);
	ima.early = get_range(r);
	ima.exclude = get_range(r);
	return ima;
}

static struct release_scope get_scope(struct reader *r)
{
	struct release_scope scope = { .is_emergency = get_bool(r) };

	scope.most_nodes = reader_be32(r);
	scope.classes = get_range(r);
	scope.nodes = get_range(r);
	return scope;
}

enum status reference_release(const struct reference *ref, uint32_t index, struct release *out)
{
	struct reader r = reference_row(ref, IMAGE_RELEASES, index);
	struct release row = { .manifest = reference_digest(ref, reader_be32(&r)) };

	row.line = reference_text(ref, reader_be32(&r));
	row.version = reader_be64(&r);
	row.security_epoch = reader_be64(&r);
	row.state = (enum release_state)get_choice(&r, RELEASE_PREVIOUS);
	row.platform = reference_text(ref, reader_be32(&r));
	row.kernel = reference_text(ref, reader_be32(&r));
	row.not_before = (int64_t)reader_be64(&r);
	row.not_after = (int64_t)reader_be64(&r);
	row.accept_until = (int64_t)reader_be64(&r);
	row.rolled_back_from = reader_be64(&r);
	row.scope = get_scope(&r);
	row.boot = get_boot(ref, &r);
	row.ima = get_ima(ref, &r);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = row;
	return end;
}

enum status reference_release_of(const struct reference *ref, const struct digest *manifest,
				 struct release *out)
{
	for (uint32_t i = 0; i < reference_rows(ref, IMAGE_RELEASES); i++) {
		struct reader r = reference_row(ref, IMAGE_RELEASES, i);
		struct digest one = reference_digest(ref, reader_be32(&r));

		if (one.alg != DIGEST_NONE && digest_equal(&one, manifest))
			return reference_release(ref, i, out);
	}
	return STATUS_NOT_FOUND;
}

enum status reference_table_at(const struct reference *ref, uint32_t index, struct file_table *out)
{
	struct reader r = reference_row(ref, IMAGE_FILE_TABLES, index);

	file_table_read(&r, out);
	return reader_end(&r);
}

enum status reference_files(const struct reference *ref, uint32_t table, struct file_lookup *out)
{
	struct file_table found;
	enum status status = reference_table_at(ref, table, &found);

	if (status == OK)
		*out = file_table_open(&found, ref->section[IMAGE_FILE_SLOTS],
				       ref->section[IMAGE_FILE_RECORDS]);
	return status;
}

enum status reference_file_lookup(const struct reference *ref, uint32_t table, struct span path,
				  const struct digest *digest)
{
	struct file_lookup files;
	enum status status = reference_files(ref, table, &files);

	if (status != OK)
		return status;

	struct file_place place = file_lookup_place(&files, path);
	return file_lookup_find(&files, &place, path, digest);
}

bool reference_set_has_digest(const struct reference *ref, uint32_t table,
			      const struct digest *digest)
{
	struct file_lookup files;

	return reference_files(ref, table, &files) == OK && file_lookup_has_digest(&files, digest);
}

static int compare_rows(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

static bool find_row(const struct reference *ref, enum image_section section, const uint8_t *row)
{
	struct span all = ref->section[section];

	return bsearch(row, all.data, all.len / SHA256_SIZE, SHA256_SIZE, compare_rows) != NULL;
}

/* Nearly always there are none, and each entry of a log asks. */
static inline bool has_row(const struct reference *ref, enum image_section section,
			   const uint8_t *row)
{
	return ref->section[section].len > 0 && find_row(ref, section, row);
}

bool reference_tells_revoked(const struct reference *ref, enum digest_alg alg)
{
	return alg == DIGEST_SHA256 || ref->section[IMAGE_REVOKED_FILES].len == 0;
}

bool reference_is_revoked_file(const struct reference *ref, const struct digest *digest)
{
	return !reference_tells_revoked(ref, digest->alg) ||
	       has_row(ref, IMAGE_REVOKED_FILES, digest->value);
}

bool reference_is_revoked_node(const struct reference *ref, struct span node_id)
{
	return node_id.len != SHA256_SIZE || has_row(ref, IMAGE_REVOKED_NODES, node_id.data);
}
