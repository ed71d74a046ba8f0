/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/vendor.h"

#include <string.h>

#include "policies/envelope/statement.h"

static void read_keys(struct strict_cursor *object, struct vendor *out)
{
	struct strict_cursor list = strict_array(object, "keys", VENDOR_KEYS_MAX);

	if (strict_count(&list) == 0)
		strict_fail(&list, NULL, STATUS_MALFORMED, "empty");
	for (size_t i = 0; i < strict_count(&list); i++) {
		AUTO_DONE(bytes) spki = { 0 };
		struct strict_cursor key = strict_element_object(&list, i);
		struct vendor_key *place = &out->key[i];

		strict_base64(&key, "spki", SPKI_MAX, &spki);
		if (strict_end(&key) != OK)
			return;
		if (signing_key_load(SCHEME_ECDSA_P256_SHA256, span_of(&spki), &place->key) != OK ||
		    digest_of(DIGEST_SHA256, span_of(&spki), &place->spki) != OK)
			strict_fail(&key, "spki", STATUS_MALFORMED, "bad-key");
		out->key_count = i + 1;
	}
}

bool openpgp_fingerprint_is_valid(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (memchr("0123456789ABCDEF", text.data[i], 16) == NULL)
			return false;
	return text.len == 40 || text.len == 64;
}

static void read_fingerprints(struct strict_cursor *object, struct vendor *out)
{
	if (!strict_has(object, "openpgp"))
		return;

	struct strict_cursor list = strict_array(object, "openpgp", VENDOR_OPENPGP_MAX);
	for (size_t i = 0; i < strict_count(&list); i++) {
		out->openpgp[i] = strict_element_text(&list, i, 64);
		if (!openpgp_fingerprint_is_valid(out->openpgp[i]))
			strict_fail(object, "openpgp", STATUS_MALFORMED, "bad-value");
		out->openpgp_count = i + 1;
	}
}

static void read_vendor(struct strict_cursor *vendors, const char *name, struct vendor *out)
{
	struct strict_cursor object = strict_object(vendors, name);

	out->name = span_text(name);
	if (!name_is_valid(out->name) || out->name.len > VENDOR_NAME_MAX)
		strict_fail(&object, NULL, STATUS_MALFORMED, "bad-value");
	read_keys(&object, out);
	read_fingerprints(&object, out);
	/* Nobody in the house who answers for it: no vendor. */
	out->owner.owner = strict_text(&object, "owner", 128);
	out->owner.backup = strict_text(&object, "backup", 128);
	out->owner.escalation = strict_text(&object, "escalation", 256);
	(void)strict_end(&object);
}

void vendors_read(struct strict_cursor *root, struct vendors *out)
{
	const char *name;

	if (!strict_has(root, "vendors"))
		return;

	struct strict_cursor vendors = strict_object(root, "vendors");
	for (size_t i = 0; (name = strict_name_at(&vendors, i)) != NULL; i++) {
		if (i == VENDORS_MAX) {
			strict_fail(&vendors, NULL, STATUS_TOO_LARGE, "too-many-elements");
			break;
		}
		read_vendor(&vendors, name, &out->vendor[i]);
		out->count = i + 1;
	}
	(void)strict_end(&vendors);
}

void vendors_done(struct vendors *vendors)
{
	for (size_t i = 0; i < VENDORS_MAX; i++)
		for (size_t j = 0; j < VENDOR_KEYS_MAX; j++)
			EVP_PKEY_free(vendors->vendor[i].key[j].key);
	*vendors = (struct vendors){ 0 };
}

void vendor_origin_read(struct strict_cursor *set, struct vendor_origin *out)
{
	AUTO_DONE(bytes) signature = { 0 };
	struct strict_cursor object = strict_object(set, "vendor");

	out->vendor = strict_text_as(&object, "name", VENDOR_NAME_MAX, name_is_valid);
	out->artifact = strict_sha256(&object, "artifact");
	strict_base64(&object, "signature", sizeof(out->signature), &signature);
	if (strict_end(&object) != OK)
		return;
	out->signature_len = signature.len;
	memcpy(out->signature, signature.data, signature.len);
}

const struct vendor *vendor_named(const struct vendors *vendors, struct span name, size_t *index)
{
	for (size_t i = 0; i < vendors->count; i++) {
		if (!span_equal(vendors->vendor[i].name, name))
			continue;
		*index = i;
		return &vendors->vendor[i];
	}
	return NULL;
}

enum status vendor_verify(const struct vendor *vendor, const struct vendor_origin *origin,
			  const struct vendor_key **key)
{
	const struct span signature = { origin->signature, origin->signature_len };
	enum status status = STATUS_MISMATCH;

	for (size_t i = 0; i < vendor->key_count && status == STATUS_MISMATCH; i++) {
		status =
			signing_key_verify_digest(vendor->key[i].key, &origin->artifact, signature);
		if (status == OK)
			*key = &vendor->key[i];
	}
	return status;
}
