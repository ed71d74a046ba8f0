/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "tpm/ima_log.h"

/* Documentation/security/IMA-templates.rst, in the order of enum ima_field. */
static const char *const field_names[] = {
	[IMA_FIELD_D] = "d",
	[IMA_FIELD_N] = "n",
	[IMA_FIELD_D_NG] = "d-ng",
	[IMA_FIELD_D_NGV2] = "d-ngv2",
	[IMA_FIELD_N_NG] = "n-ng",
	[IMA_FIELD_SIG] = "sig",
	[IMA_FIELD_D_MODSIG] = "d-modsig",
	[IMA_FIELD_MODSIG] = "modsig",
	[IMA_FIELD_BUF] = "buf",
	[IMA_FIELD_EVMSIG] = "evmsig",
	[IMA_FIELD_IUID] = "iuid",
	[IMA_FIELD_IGID] = "igid",
	[IMA_FIELD_IMODE] = "imode",
	[IMA_FIELD_XATTRNAMES] = "xattrnames",
	[IMA_FIELD_XATTRLENGTHS] = "xattrlengths",
	[IMA_FIELD_XATTRVALUES] = "xattrvalues",
};

#define FIELD_COUNT (sizeof(field_names) / sizeof(field_names[0]))

struct known_template {
	const char *name;
	const char *fields;
};

/* security/integrity/ima/ima_template.c */
static const struct known_template known_templates[] = {
	{ "ima-ng", "d-ng|n-ng" },
	{ "ima-sig", "d-ng|n-ng|sig" },
	{ "ima-ngv2", "d-ngv2|n-ng" },
	{ "ima-sigv2", "d-ngv2|n-ng|sig" },
	{ "ima-buf", "d-ng|n-ng|buf" },
	{ "ima-modsig", "d-ng|n-ng|sig|d-modsig|modsig" },
	{ "evm-sig", "d-ng|n-ng|evmsig|xattrnames|xattrlengths|xattrvalues|iuid|igid|imode" },
	{ "ima", "d|n" },
};

#define KNOWN(name, size, alg)                                                                     \
	{                                                                                          \
		name, sizeof(name) - 1, size, alg                                                  \
	}

/* crypto/hash_info.c, the likely ones first; "sm3-256" until 5.19, "sm3" since. */
static const struct ima_digest_alg known_digests[] = {
	KNOWN("sha256", 32, DIGEST_SHA256),    KNOWN("sha1", 20, DIGEST_SHA1),
	KNOWN("sha384", 48, DIGEST_SHA384),    KNOWN("sha512", 64, DIGEST_SHA512),
	KNOWN("sha224", 28, DIGEST_NONE),      KNOWN("md5", 16, DIGEST_NONE),
	KNOWN("md4", 16, DIGEST_NONE),	       KNOWN("rmd160", 20, DIGEST_NONE),
	KNOWN("rmd128", 16, DIGEST_NONE),      KNOWN("rmd256", 32, DIGEST_NONE),
	KNOWN("rmd320", 40, DIGEST_NONE),      KNOWN("wp256", 32, DIGEST_NONE),
	KNOWN("wp384", 48, DIGEST_NONE),       KNOWN("wp512", 64, DIGEST_NONE),
	KNOWN("tgr128", 16, DIGEST_NONE),      KNOWN("tgr160", 20, DIGEST_NONE),
	KNOWN("tgr192", 24, DIGEST_NONE),      KNOWN("sm3", 32, DIGEST_NONE),
	KNOWN("sm3-256", 32, DIGEST_NONE),     KNOWN("streebog256", 32, DIGEST_NONE),
	KNOWN("streebog512", 64, DIGEST_NONE), KNOWN("sha3-256", 32, DIGEST_NONE),
	KNOWN("sha3-384", 48, DIGEST_NONE),    KNOWN("sha3-512", 64, DIGEST_NONE),
};

const struct ima_digest_alg *ima_digest_alg_named(struct span name)
{
	for (size_t i = 0; i < sizeof(known_digests) / sizeof(known_digests[0]); i++)
		if (name.len == known_digests[i].name_len &&
		    memcmp(name.data, known_digests[i].name, name.len) == 0)
			return &known_digests[i];
	return NULL;
}

static enum status add_field(struct ima_template *t, struct span name)
{
	size_t field = 0;

	while (field < FIELD_COUNT && !span_equal(name, span_text(field_names[field])))
		field++;
	if (field == FIELD_COUNT || t->field_count == IMA_FIELDS_MAX)
		return STATUS_UNSUPPORTED;
	for (size_t i = 0; i < t->field_count; i++)
		if (t->field[i] == (enum ima_field)field)
			return STATUS_UNSUPPORTED;
	t->field[t->field_count++] = (enum ima_field)field;
	return OK;
}

static bool is_ng(const struct ima_template *t)
{
	return t->field_count >= 2 && t->field[0] == IMA_FIELD_D_NG &&
	       t->field[1] == IMA_FIELD_N_NG &&
	       (t->field_count == 2 || (t->field_count == 3 && t->field[2] == IMA_FIELD_SIG));
}

enum status ima_template_named(struct span name, struct ima_template *out)
{
	struct ima_template t = { 0 };
	struct span fields = name;
	struct span field;
	enum status status = OK;

	for (size_t i = 0; i < sizeof(known_templates) / sizeof(known_templates[0]); i++)
		if (span_equal(name, span_text(known_templates[i].name)))
			fields = span_text(known_templates[i].fields);
	if (fields.len == 0 || fields.data[fields.len - 1] == '|')
		return STATUS_UNSUPPORTED;
	while (status == OK && text_next_word(&fields, '|', &field))
		status = add_field(&t, field);
	t.is_legacy = span_equal(name, span_text("ima"));
	t.is_ng = is_ng(&t);
	if (status == OK)
		*out = t;
	return status;
}
