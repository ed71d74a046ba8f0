/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/secure_boot.h"

#include <string.h>

#include "base/text.h"
#include "verifier/appraisal/listed_digests.h"

/* Real ones are under 64 KiB; bounds what is hashed. */
#define CONTENT_MAX ((size_t)256 << 10)
#define OWNER_SIZE 16 /* SignatureOwner of EFI_SIGNATURE_DATA, UEFI 32.4.1 */

/* EFI_GLOBAL_VARIABLE, EFI_IMAGE_SECURITY_DATABASE_GUID, SHIM_LOCK_GUID, as stored */
static const uint8_t global_guid[16] = {
	0x61, 0xdf, 0xe4, 0x8b, 0xca, 0x93, 0xd2, 0x11,
	0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c,
};
static const uint8_t security_guid[16] = {
	0xcb, 0xb2, 0x19, 0xd7, 0x3a, 0x3d, 0x96, 0x45,
	0xa3, 0xbc, 0xda, 0xd0, 0x0e, 0x67, 0x65, 0x6f,
};
static const uint8_t shim_guid[16] = {
	0x50, 0xab, 0x5d, 0x60, 0x46, 0xe0, 0x00, 0x43,
	0xab, 0xb6, 0x3d, 0xd8, 0x10, 0xdd, 0x8b, 0x23,
};

static const struct {
	const char *name;
	const uint8_t *guid;
} variables[SECURE_BOOT_VARIABLES] = {
	[SECURE_BOOT_STATE] = { "SecureBoot", global_guid },
	[SECURE_BOOT_PK] = { "PK", global_guid },
	[SECURE_BOOT_KEK] = { "KEK", global_guid },
	[SECURE_BOOT_DB] = { "db", security_guid },
	[SECURE_BOOT_DBX] = { "dbx", security_guid },
	[SECURE_BOOT_SETUP_MODE] = { "SetupMode", global_guid },
	[SECURE_BOOT_AUDIT_MODE] = { "AuditMode", global_guid },
	[SECURE_BOOT_DEPLOYED_MODE] = { "DeployedMode", global_guid },
};

static bool is_variable(const struct uefi_variable *v, const char *name, const uint8_t guid[16])
{
	return memcmp(v->guid, guid, 16) == 0 && uefi_variable_is_named(v, name);
}

const char *secure_boot_variable_name(enum secure_boot_variable which)
{
	return which < SECURE_BOOT_VARIABLES ? variables[which].name : "unknown";
}

enum secure_boot_variable secure_boot_variable_of(const struct uefi_variable *variable)
{
	for (unsigned i = 0; i < SECURE_BOOT_VARIABLES; i++)
		if (is_variable(variable, variables[i].name, variables[i].guid))
			return (enum secure_boot_variable)i;
	return SECURE_BOOT_VARIABLES;
}

/* As reference.h has entries: a hash as it is, a certificate by its hash. */
static enum status entry_digest(const struct signature_entry *entry, struct hasher *sha256,
				struct digest *out)
{
	if (signature_entry_is_sha256(entry))
		return digest_from(DIGEST_SHA256, entry->content, out);
	return hasher_digest(sha256, &entry->content, 1, out);
}

/* Every entry is listed. *count is how many there were. */
static enum status entries_are_listed(const struct listed_digests *allowed, struct span content,
				      struct hasher *sha256, bool *are_listed, size_t *count)
{
	struct signature_list list = signature_list_over(content);
	struct signature_entry entry;
	struct digest digest;
	enum status status;
	size_t at;

	*are_listed = true;
	*count = 0;
	while ((status = signature_list_next(&list, &entry)) == OK) {
		status = entry_digest(&entry, sha256, &digest);
		if (status != OK)
			return status;
		(*count)++;
		if (!listed_digests_find(allowed, &digest, &at))
			*are_listed = false;
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

static enum status check_keys(const struct reference *ref, struct ref_range range,
			      struct span content, bool may_be_empty, struct hasher *sha256,
			      enum reason *why)
{
	AUTO_DONE(listed_digests) allowed = { 0 };
	bool are_listed = false;
	size_t count = 0;
	enum status status = listed_digests_init(ref, range, &allowed);

	if (status == OK)
		status = entries_are_listed(&allowed, content, sha256, &are_listed, &count);
	if (status == OK && (!are_listed || (count == 0 && !may_be_empty)))
		*why = REASON_SECURE_BOOT_KEYS;
	return status;
}

bool secure_boot_can_forbid(const struct signature_entry *entry)
{
	return signature_entry_is_sha256(entry) || signature_entry_is_x509(entry);
}

/* More may be forbidden than the minimum, never less (b10). An entry of another type
 * forbids something else, or nothing, whatever it hashes to (177). The whole of it has to
 * be well formed; each entry is hashed and looked up once, however long the minimum
 * is (b15). */
static enum status check_dbx(const struct reference *ref, struct ref_range range,
			     struct span content, struct hasher *sha256, enum reason *why)
{
	struct signature_list list = signature_list_over(content);
	AUTO_DONE(listed_digests) minimum = { 0 };
	struct signature_entry entry;
	struct digest digest;
	bool found[LISTED_DIGESTS_MAX] = { false };
	size_t at, missing;
	enum status status = listed_digests_init(ref, range, &minimum);

	if (status != OK)
		return status;
	missing = minimum.count + minimum.others;
	while ((status = signature_list_next(&list, &entry)) == OK) {
		if (!secure_boot_can_forbid(&entry))
			continue;
		status = entry_digest(&entry, sha256, &digest);
		if (status != OK)
			return status;
		if (!listed_digests_find(&minimum, &digest, &at) || found[at])
			continue;
		found[at] = true;
		missing--;
	}
	if (missing > 0)
		*why = REASON_DBX_BELOW_MINIMUM;
	return status == STATUS_NOT_FOUND ? OK : status;
}

static bool is_byte(struct span content, uint8_t value)
{
	return content.len == 1 && content.data[0] == value;
}

static enum status check(const struct reference *ref, const struct boot_rules *rules,
			 enum secure_boot_variable which, struct span content,
			 struct hasher *sha256, enum reason *why)
{
	switch (which) {
	case SECURE_BOOT_STATE:
		if (!is_byte(content, 1))
			*why = REASON_SECURE_BOOT_OFF;
		return OK;
	case SECURE_BOOT_SETUP_MODE:
	case SECURE_BOOT_AUDIT_MODE:
		if (!is_byte(content, 0))
			*why = REASON_SECURE_BOOT_MODE;
		return OK;
	case SECURE_BOOT_DEPLOYED_MODE:
		if (!is_byte(content, 0) && !is_byte(content, 1))
			*why = REASON_SECURE_BOOT_MODE;
		return OK;
	case SECURE_BOOT_PK: /* without one the firmware is in setup mode */
		return check_keys(ref, rules->pk, content, false, sha256, why);
	case SECURE_BOOT_KEK:
		return check_keys(ref, rules->kek, content, true, sha256, why);
	case SECURE_BOOT_DB:
		return check_keys(ref, rules->db, content, true, sha256, why);
	case SECURE_BOOT_DBX:
		return check_dbx(ref, rules->dbx_minimum, content, sha256, why);
	case SECURE_BOOT_VARIABLES:
		break;
	}
	return STATUS_UNSUPPORTED;
}

enum status secure_boot_check(const struct reference *ref, const struct boot_rules *rules,
			      enum secure_boot_variable which, struct span content,
			      struct hasher *sha256, enum reason *why)
{
	*why = REASON_NONE;
	if (content.len > CONTENT_MAX) {
		*why = REASON_SECURE_BOOT_KEYS;
		return OK;
	}
	enum status status = check(ref, rules, which, content, sha256, why);

	if (status == STATUS_TOO_LARGE) {
		*why = REASON_RELEASE_UNUSABLE;
		return OK;
	}
	if (status == OK || status == STATUS_NO_MEMORY)
		return status;
	*why = REASON_BOOT_LOG_MALFORMED;
	return OK;
}

bool secure_boot_is_db_authority(const struct uefi_variable *variable)
{
	return is_variable(variable, "db", security_guid);
}

enum status secure_boot_authority_check(const struct reference *ref, const struct boot_rules *rules,
					struct span content, struct hasher *sha256, bool *is_listed)
{
	struct reader r = reader_over(content);
	struct digest digest;

	*is_listed = false;
	reader_skip(&r, OWNER_SIZE);
	if (r.status != OK)
		return OK;

	enum status status = hasher_digest(sha256, &r.rest, 1, &digest);

	if (status != OK)
		return status;
	*is_listed = reference_range_has_digest(ref, rules->db, &digest);
	/* An image may be listed by its hash, which is then the whole entry. */
	if (r.rest.len == SHA256_SIZE && digest_from(DIGEST_SHA256, r.rest, &digest) == OK)
		*is_listed = *is_listed || reference_range_has_digest(ref, rules->db, &digest);
	return OK;
}

bool secure_boot_is_unvalidated(const struct uefi_variable *variable)
{
	return is_variable(variable, "MokSBState", shim_guid) && !is_byte(variable->content, 0);
}

bool secure_boot_is_sbat_level(const struct uefi_variable *variable)
{
	return is_variable(variable, "SbatLevel", shim_guid);
}

struct sbat_line {
	struct span component;
	uint64_t generation;
	uint64_t date; /* 0: none */
};

static bool sbat_line_parse(struct span text, struct sbat_line *out)
{
	struct sbat_line line = { 0 };
	struct span field;

	if (!text_next_word(&text, ',', &line.component) || line.component.len == 0)
		return false;
	if (!text_next_word(&text, ',', &field) ||
	    decimal_parse(field, UINT32_MAX, &line.generation) != OK)
		return false;
	/* "sbat,1,2025021800": further fields of other components are words. */
	if (span_equal(line.component, span_text("sbat")) && text_next_word(&text, ',', &field) &&
	    decimal_parse(field, UINT64_MAX, &line.date) != OK)
		return false;
	*out = line;
	return true;
}

static bool sbat_has(struct span level, const struct sbat_line *wanted)
{
	struct sbat_line line;
	struct span text;

	while (text_next_line(&level, &text)) {
		if (!sbat_line_parse(text, &line) || !span_equal(line.component, wanted->component))
			continue;
		return line.generation >= wanted->generation && line.date >= wanted->date;
	}
	return false;
}

bool sbat_is_at_least(struct span level, struct span minimum)
{
	struct sbat_line wanted;
	struct span text;

	while (text_next_line(&minimum, &text)) {
		if (text.len == 0)
			continue;
		if (!sbat_line_parse(text, &wanted) || !sbat_has(level, &wanted))
			return false;
	}
	return true;
}
