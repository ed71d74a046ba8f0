/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate as TPM makers sign them, and its names. */
#include "fuzz.h"
#include "tpm/certificate.h"

static const uint8_t common_name[] = { 0x55, 0x04, 0x03 };
static const uint8_t manufacturer[] = { 0x67, 0x81, 0x05, 0x02, 0x01 };

static void check_names(const struct certificate *c)
{
	char text[256], value[64];
	struct span oids[] = { { common_name, sizeof(common_name) },
			       { manufacturer, sizeof(manufacturer) } };
	AUTO(X509_NAME) issuer = name_decode(c->issuer);
	AUTO(X509_NAME) subject = name_decode(c->subject);

	if (issuer != NULL && subject != NULL)
		must((X509_NAME_cmp(issuer, subject) == 0) ==
		     (X509_NAME_cmp(subject, issuer) == 0));
	if (name_text(c->subject, text, sizeof(text)) == OK)
		for (const char *at = text; *at != '\0'; at++)
			must(*at >= ' ' && *at <= '~');
	for (size_t i = 0; i < 2; i++)
		if (name_attribute(c->subject, oids[i], value, sizeof(value)) == OK)
			must(memchr(value, '\0', sizeof(value)) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span der = { data, len };
	struct certificate c;
	struct signed_der body;

	taint(&c, sizeof(c));
	if (certificate_parse(der, &c) != OK) {
		must_be_tainted(&c, sizeof(c));
		return 0;
	}
	must(signed_der_parse(der, &body) == OK && span_equal(body.tbs, c.body.tbs));
	must_lie_inside(c.serial, der);
	must_lie_inside(c.issuer, der);
	must_lie_inside(c.subject, der);
	must_lie_inside(c.spki, der);
	must_lie_inside(c.extensions.extended_usages, der);
	must_lie_inside(c.extensions.alternative_names, der);
	must_lie_inside(c.extensions.subject_key_id, der);
	must_lie_inside(c.extensions.authority_key_id, der);
	must(c.serial.len <= CERTIFICATE_SERIAL_MAX);
	(void)certificate_has_extended_usage(&c, (struct span){ manufacturer, 5 });
	check_names(&c);
	return 0;
}
