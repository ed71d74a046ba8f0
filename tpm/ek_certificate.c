/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/ek_certificate.h"

#include <stdio.h>
#include <string.h>

#include "tpm/certificate.h"
#include "tpm/der.h"
#include "tpm/ek_path.h"
#include "tpm/pem.h"

/* An NV index holds a few KiB; PEM is a third longer. */
#define INPUT_MAX 65536

static const char *const quirk_names[EK_QUIRKS] = {
	"nv-header",  "padding", "pem",		 "oaep-key", "sha1-signature",	    "critical-san",
	"odd-serial", "no-eku",	 "no-key-usage", "no-san",   "no-authority-key-id",
};

const char *ek_quirk_name(unsigned quirk)
{
	for (unsigned i = 0; i < EK_QUIRKS; i++)
		if (quirk == 1u << i)
			return quirk_names[i];
	return NULL;
}

static const char *const refusal_names[] = {
	[EK_ACCEPTED] = "accepted",
	[EK_MALFORMED] = "malformed",
	[EK_NO_PATH] = "no-path",
	[EK_BAD_SIGNATURE] = "bad-signature",
	[EK_NOT_YET_VALID] = "not-yet-valid",
	[EK_EXPIRED] = "expired",
	[EK_ISSUER_NOT_CA] = "issuer-not-ca",
	[EK_PATH_TOO_LONG] = "path-too-long",
	[EK_WRONG_USAGE] = "wrong-usage",
	[EK_UNKNOWN_CRITICAL_EXTENSION] = "unknown-critical-extension",
	[EK_WEAK_KEY] = "weak-key",
	[EK_WEAK_SIGNATURE] = "weak-signature",
	[EK_SHA1] = "sha1-signature",
	[EK_REVOKED] = "revoked",
	[EK_CRL_STALE] = "crl-stale",
	[EK_IS_CA] = "is-ca",
};

const char *ek_refusal_name(enum ek_refusal refusal)
{
	return refusal_names[refusal];
}

void ek_certificate_done(struct ek_certificate *c)
{
	EVP_PKEY_free(c->key);
	bytes_done(&c->der);
	bytes_done(&c->serial);
	*c = (struct ek_certificate){ 0 };
}

/*
 * TCG PC Client Implementation Specification for Conventional BIOS 1.21, 7.3.2:
 * tag 0x1001, type 0 (full), size; then mostly tag 0x1002, counted in size.
 */
static struct span skip_nv_header(struct span bytes, unsigned *quirks)
{
	struct reader r = reader_over(bytes);
	bool is_stored_certificate = reader_be16(&r) == 0x1001 && reader_u8(&r) == 0;
	size_t size = reader_be16(&r);
	struct span rest = r.rest;

	if (!is_stored_certificate || r.status != OK || size > rest.len)
		return bytes;
	*quirks |= EK_QUIRK_PREFIX;
	/* What follows size is padding, which the DER length tells as well. */
	return reader_be16(&r) == 0x1002 ? r.rest : rest;
}

/* The certificate's DER, owned, out of what NV held or a PEM file. */
static enum status trim(struct span bytes, struct bytes *out, unsigned *quirks)
{
	if (bytes.len > INPUT_MAX)
		return STATUS_TOO_LARGE;
	if (bytes.len > 0 && bytes.data[0] != DER_SEQUENCE && pem_is_in(bytes)) {
		AUTO(BIO) pem = pem_open(bytes);

		*quirks |= EK_QUIRK_PEM;
		return pem == NULL ? STATUS_NO_MEMORY : pem_next(pem, "CERTIFICATE", out);
	}

	struct reader r = reader_over(skip_nv_header(bytes, quirks));
	struct span der = der_whole(&r, DER_SEQUENCE);
	if (r.status != OK)
		return r.status;
	/* Makers fill with 0x00, 0xff, 0x11: the DER length decides, not a value. */
	if (r.rest.len > 0)
		*quirks |= EK_QUIRK_PADDING;
	return bytes_copy(der, out);
}

/* 2.23.133.2.n: manufacturer, model, version of a TPM (EK profile 2.5, 3.2.9) */
static void read_tpm_attribute(struct span name, uint8_t n, char *out)
{
	const uint8_t oid[] = { 0x67, 0x81, 0x05, 0x02, n };

	if (out[0] == '\0' &&
	    name_attribute(name, (struct span){ oid, sizeof(oid) }, out, EK_TEXT_MAX) != OK)
		out[0] = '\0';
}

/* GeneralNames; directoryName is [4] EXPLICIT. */
static void read_alternative_names(const struct certificate *c, struct ek_certificate *out)
{
	struct reader names = reader_over(c->extensions.alternative_names);

	while (names.status == OK && names.rest.len > 0) {
		struct der name = der_next(&names);

		if (name.tag != DER_CONTEXT_CONSTRUCTED + 4)
			continue;
		read_tpm_attribute(name.content, 1, out->manufacturer);
		read_tpm_attribute(name.content, 2, out->model);
		read_tpm_attribute(name.content, 3, out->version);
	}
}

static bool is_odd_serial(struct span s)
{
	bool is_minimal = s.len == 1 || !((s.data[0] == 0x00 && s.data[1] < 0x80) ||
					  (s.data[0] == 0xff && s.data[1] >= 0x80));

	return !is_minimal || (s.data[0] & 0x80) != 0 || span_is_zero(s);
}

static unsigned quirks_of(const struct certificate *c, const struct ek_certificate *read)
{
	const struct certificate_extensions *x = &c->extensions;
	unsigned quirks = 0;

	if (x->is_alternative_name_critical)
		quirks |= EK_QUIRK_CRITICAL_SAN;
	if (is_odd_serial(c->serial))
		quirks |= EK_QUIRK_ODD_SERIAL;
	if (!x->has_extended_usage)
		quirks |= EK_QUIRK_NO_EKU;
	if (!x->has_key_usage)
		quirks |= EK_QUIRK_NO_KEY_USAGE;
	if (read->manufacturer[0] == '\0')
		quirks |= EK_QUIRK_NO_SAN;
	if (x->authority_key_id.len == 0)
		quirks |= EK_QUIRK_NO_AUTHORITY_KEY_ID;
	return quirks;
}

static void describe_key(struct ek_certificate *out)
{
	char group[16] = "";

	if (EVP_PKEY_is_a(out->key, "RSA") == 1)
		(void)snprintf(out->key_type, sizeof(out->key_type), "rsa-%d",
			       EVP_PKEY_get_bits(out->key));
	else if (EVP_PKEY_get_group_name(out->key, group, sizeof(group), NULL) == 1)
		(void)snprintf(out->key_type, sizeof(out->key_type), "p-%d",
			       EVP_PKEY_get_bits(out->key));
}

/* What is told about a certificate, believed or not. */
static enum status describe(const struct certificate *c, struct ek_certificate *out)
{
	bool is_oaep = false;
	enum status status = digest_of(DIGEST_SHA256, c->spki, &out->spki_sha256);

	if (status == OK)
		status = bytes_copy(c->serial, &out->serial);
	if (status == OK)
		status = name_text(c->subject, out->subject, sizeof(out->subject));
	if (status == OK)
		status = name_text(c->issuer, out->issuer, sizeof(out->issuer));
	if (status != OK)
		return status;
	out->not_before = c->not_before;
	out->not_after = c->not_after;
	read_alternative_names(c, out);
	out->quirks |= quirks_of(c, out);

	status = spki_key(c->spki, &out->key, &is_oaep);
	if (status != OK)
		return status == STATUS_NO_MEMORY ? status : OK;
	describe_key(out);
	if (is_oaep)
		out->quirks |= EK_QUIRK_OAEP_KEY;
	return OK;
}

/* An EK decrypts (RSA) or agrees (ECC). A certificate of the same maker for a
 * signing key, EKU and all, is not one of an EK: activation would not tell. */
static enum ek_refusal leaf_refusal(const struct certificate *c, EVP_PKEY *key, int64_t at)
{
	const struct certificate_extensions *x = &c->extensions;

	if (x->is_ca)
		return EK_IS_CA;
	if (x->has_extended_usage && !certificate_has_extended_usage(c, ek_usage_oid))
		return EK_WRONG_USAGE;
	if (x->has_key_usage &&
	    (x->key_usage & (KEY_USAGE_ENCIPHERMENT | KEY_USAGE_AGREEMENT)) == 0)
		return EK_WRONG_USAGE;
	/* A CA may sign with P-521; EK templates end at P-384. */
	if (key == NULL || EVP_PKEY_get_bits(key) == 521)
		return EK_WEAK_KEY;
	return ek_path_common_refusal(c, at);
}

static enum status describe_path(const struct ek_path *path, struct ek_certificate *out)
{
	out->chain_len = path->len - 1;
	out->revocation_checked = path->revocation_checked;
	if (path->has_sha1)
		out->quirks |= EK_QUIRK_SHA1_SIGNATURE;
	for (size_t i = 0; i < out->chain_len; i++) {
		const struct certificate *c = path->certificates[i + 1];
		enum status status = digest_of(DIGEST_SHA256, c->der, &out->chain[i].sha256);

		if (status == OK)
			status = name_text(c->subject, out->chain[i].subject, EK_TEXT_MAX);
		if (status != OK)
			return status;
	}
	return OK;
}

static enum status judge(const struct ek_trust *trust, struct ek_certificate *out)
{
	struct certificate leaf;

	if (certificate_parse(span_of(&out->der), &leaf) != OK) {
		out->refusal = EK_MALFORMED;
		return OK;
	}

	enum status status = describe(&leaf, out);
	if (status != OK)
		return status;
	out->refusal = leaf_refusal(&leaf, out->key, trust->at);
	if (out->refusal != EK_ACCEPTED)
		return OK;

	struct ek_path path;
	status = ek_path_build(&leaf, trust, &path);
	if (status != OK)
		return status;
	out->refusal = path.refusal;
	out->refused_depth = path.refused_depth;
	return path.refusal == EK_ACCEPTED ? describe_path(&path, out) : OK;
}

enum status ek_certificate_verify(struct span bytes, const struct ek_trust *trust,
				  struct ek_certificate *out)
{
	AUTO_DONE(ek_certificate) c = { 0 };
	enum status status = trim(bytes, &c.der, &c.quirks);

	if (status == STATUS_NO_MEMORY)
		return status;
	c.refusal = EK_MALFORMED;
	if (status == OK)
		status = judge(trust, &c);
	if (status == STATUS_NO_MEMORY)
		return status;
	if (status != OK)
		c.refusal = EK_MALFORMED;
	*out = c;
	c = (struct ek_certificate){ 0 };
	return OK;
}

bool ek_certificate_is_for(const struct ek_certificate *c, const struct public_area *ek)
{
	AUTO(EVP_PKEY) key = NULL;

	return c->key != NULL && public_area_key(ek, &key) == OK && EVP_PKEY_eq(c->key, key) == 1;
}
