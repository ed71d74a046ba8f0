/* SPDX-License-Identifier: Apache-2.0 */
/* What may be signed or kept has its bounds in each field, whoever made it. */
#include "unit.h"

#include <string.h>

#include "messages/entries.h"
#include "messages/report.h"
#include "messages/statement.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TRUSTED                                                                                    \
	"attestd-verdict/1\nnode " ID "\nnonce AQID\nstate trusted\nissued 1767225600\n"           \
	"expires 1767226200\ngeneration " ID "\ncap 13\nminting-key 000b" ID "\n"                  \
	"certificate sha256:" ID "\ntrust-domain example.org\nentries sha256:" ID "\nend\n"
#define OF_STATE(state)                                                                            \
	"attestd-verdict/1\nnode " ID "\nnonce AQID\nstate " state "\nissued 1767225600\n"         \
	"expires 0\ngeneration " ID "\ncap 11\nminting-key -\ncertificate -\ntrust-domain -\n"     \
	"entries -\nreason ima-entry-unknown userland team 158 x\nend\n"
#define BUNDLE(domain)                                                                             \
	"attestd-bundle/1\ntrust-domain " domain "\nsequence 7\ncertificate AQID\n"                \
	"jwt-key one AQID\nend\n"
#define ACT(reason)                                                                                \
	"attestd-act/1\nverb approve\nnode " ID "\nhost r01n07\nclass server\n"                    \
	"reason " reason "\ntime 1767225600\nend\n"
#define ENTRIES(class)                                                                             \
	"attestd-entries/1\nclass " class "\nentry web spiffe://example.org/web /opt/web uid=0 "   \
					  "unit=web.service hint=x\nend\n"

static enum status write_verdict(const struct verdict *v)
{
	AUTO_DONE(bytes) text = { 0 };

	return verdict_write(v, &text);
}

static void a_verdict_has_its_bounds(void **state)
{
	AUTO_DONE(verdict) golden = { 0 };
	struct verdict v;
	(void)state;

	assert_int_equal(verdict_parse(span_text(TRUSTED), &golden), OK);
	assert_int_equal(write_verdict(&golden), OK);
	v = golden;
	v.generation.alg = DIGEST_SHA384;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	v = golden;
	v.nonce.len = 0;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	v = golden;
	v.issued = -1;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	for (unsigned cap = 10; cap <= 16; cap++) {
		v = golden;
		v.cap = (uint8_t)cap;
		assert_int_equal(write_verdict(&v), cap > 10 && cap < 16 ? OK : STATUS_MALFORMED);
	}
	v = golden;
	v.interval_s = 86400;
	assert_int_equal(write_verdict(&v), OK);
	v.interval_s = 86401;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	v = golden;
	v.entitlement_count = VERDICT_ENTITLEMENTS_MAX + 1;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	v = golden;
	v.reason_count = VERDICT_REASONS_MAX + 1;
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
}

static void what_is_extra_is_whole_lines_of_it(void **state)
{
	static const struct {
		const char *extras;
		enum status wanted;
	} rows[] = {
		{ "extra later 1\n", OK },
		{ "extra later 1", STATUS_MALFORMED },
		{ "extra later 1\nend\n", STATUS_MALFORMED },
		{ "\nextra later 1\n", STATUS_MALFORMED },
	};
	AUTO_DONE(verdict) v = { 0 };
	(void)state;

	assert_int_equal(verdict_parse(span_text(TRUSTED), &v), OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(bytes_copy(span_text(rows[i].extras), &v.extras), OK);
		assert_int_equal(write_verdict(&v), rows[i].wanted);
		bytes_done(&v.extras);
	}
}

static void a_verdicts_state_is_one_that_a_verdict_can_say(void **state)
{
	static const struct {
		const char *text;
		enum status wanted;
	} rows[] = {
		{ OF_STATE("untrusted"), OK },
		{ OF_STATE("quarantined"), OK },
		{ OF_STATE("retired"), OK },
		{ OF_STATE("pending"), STATUS_MALFORMED },
		{ OF_STATE("stale"), STATUS_MALFORMED },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(verdict) v = { 0 };

		assert_int_equal(verdict_parse(span_text(rows[i].text), &v), rows[i].wanted);
	}
}

static void a_reason_is_a_code_and_a_layer(void **state)
{
	AUTO_DONE(verdict) v = { 0 };
	(void)state;

	assert_int_equal(verdict_parse(span_text(OF_STATE("untrusted")), &v), OK);
	assert_int_equal(v.reason_count, 1);
	assert_int_equal(write_verdict(&v), OK);
	v.reasons[0].code.data[0] = 'I';
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
	v.reasons[0].code.data[0] = 'i';
	v.reasons[0].layer.data[0] = '/';
	assert_int_equal(write_verdict(&v), STATUS_MALFORMED);
}

static enum status write_bundle(const struct bundle *b)
{
	AUTO_DONE(bytes) text = { 0 };

	return bundle_write(b, &text);
}

static void a_bundle_has_its_bounds(void **state)
{
	AUTO_DONE(bundle) golden = { 0 };
	char kid[KID_MAX + 1];
	struct bundle b;
	(void)state;

	assert_int_equal(bundle_parse(span_text(BUNDLE("example.org")), &golden), OK);
	assert_int_equal(write_bundle(&golden), OK);
	b = golden;
	b.own.jwt_key_count = BUNDLE_JWT_KEYS_MAX + 1;
	assert_int_equal(write_bundle(&b), STATUS_MALFORMED);
	b = golden;
	b.own.jwt_keys[0].spki.len = 0;
	assert_int_equal(write_bundle(&b), STATUS_MALFORMED);
	b = golden;
	b.federated_count = BUNDLE_FEDERATED_MAX + 1;
	assert_int_equal(write_bundle(&b), STATUS_MALFORMED);
	memset(kid, 'k', sizeof(kid));
	assert_true(kid_is_valid((struct span){ (const uint8_t *)kid, KID_MAX }));
	assert_false(kid_is_valid((struct span){ (const uint8_t *)kid, KID_MAX + 1 }));
	assert_false(kid_is_valid((struct span){ 0 }));
}

/* What else could be read as the same is not what was signed. */
static void each_text_has_one_spelling(void **state)
{
	AUTO_DONE(bundle) b = { 0 };
	AUTO_DONE(act) a = { 0 };
	AUTO_DONE(entries) e = { 0 };
	(void)state;

	assert_int_equal(bundle_parse(span_text(BUNDLE("ex%61mple.org")), &b), STATUS_MALFORMED);
	assert_int_equal(act_parse(span_text(ACT("r%61ck")), &a), STATUS_MALFORMED);
	assert_int_equal(entries_parse(span_text(ENTRIES("serv%65r")), &e), STATUS_MALFORMED);
	assert_int_equal(act_parse(span_text(ACT("rack")), &a), OK);
	assert_int_equal(entries_parse(span_text(ENTRIES("server")), &e), OK);
}

static void an_act_has_a_reason_and_a_time(void **state)
{
	AUTO_DONE(act) a = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	(void)state;

	assert_int_equal(act_parse(span_text(ACT("rack")), &a), OK);
	a.reason.len = 0;
	assert_int_equal(act_write(&a, &text), STATUS_MALFORMED);
	a.reason.len = 4;
	a.time = -1;
	assert_int_equal(act_write(&a, &text), STATUS_MALFORMED);
}

static void fill(struct bytes *out, size_t len)
{
	bytes_done(out);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes_append_byte(out, i == 0 ? '/' : 'a'), OK);
}

/* Each a digest's, in order. */
static void fill_digests(struct bytes *out, size_t len)
{
	bytes_done(out);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes_append_byte(out, (uint8_t)(i / SHA256_SIZE)), OK);
}

static void an_entry_has_its_bounds(void **state)
{
	AUTO_DONE(entries) e = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	struct entry *web;
	(void)state;

	assert_int_equal(entries_parse(span_text(ENTRIES("server")), &e), OK);
	web = &e.list[0];
	assert_true(entry_is_valid(web));
	fill(&web->executable, ENTRY_EXECUTABLE_MAX);
	assert_true(entry_is_valid(web));
	fill(&web->executable, ENTRY_EXECUTABLE_MAX + 1);
	assert_false(entry_is_valid(web));
	fill(&web->executable, 9);
	fill(&web->unit, ENTRY_UNIT_MAX + 1);
	web->unit.data[0] = 'a';
	assert_false(entry_is_valid(web));
	web->unit.len--;
	assert_true(entry_is_valid(web));
	web->unit.data[1] = 0x7f;
	assert_false(entry_is_valid(web));
	web->unit.len = 1;
	fill(&web->hint, ENTRY_HINT_MAX + 1);
	assert_false(entry_is_valid(web));
	web->hint.len--;
	assert_true(entry_is_valid(web));
	fill_digests(&web->digests, ENTRY_DIGESTS_MAX * SHA256_SIZE);
	assert_true(entry_is_valid(web));
	web->digests.len--;
	assert_false(entry_is_valid(web));
	fill_digests(&web->digests, (ENTRY_DIGESTS_MAX + 1) * SHA256_SIZE);
	assert_false(entry_is_valid(web));
	web->digests.len = 0;
	assert_int_equal(entries_write(&(struct entries){ .class = e.class,
							  .count = ENTRIES_MAX + 1,
							  .list = e.list },
				       &text),
			 STATUS_TOO_LARGE);
}

static void a_name_has_its_bounds(void **state)
{
	char name[TRUST_DOMAIN_MAX + 2];
	struct span all = { (const uint8_t *)name, TRUST_DOMAIN_MAX };
	(void)state;

	for (size_t i = 0; i < sizeof(name); i++)
		name[i] = i % 50 == 49 ? '.' : 'a';
	assert_true(trust_domain_is_valid(all));
	all.len++;
	assert_false(trust_domain_is_valid(all));
	memset(name, 'a', sizeof(name));
	assert_true(trust_domain_is_valid((struct span){ all.data, 63 }));
	assert_false(trust_domain_is_valid((struct span){ all.data, 64 }));
	assert_true(class_name_is_valid((struct span){ all.data, CLASS_NAME_MAX }));
	assert_false(class_name_is_valid((struct span){ all.data, CLASS_NAME_MAX + 1 }));
}

static enum status write_report(const struct report *r)
{
	AUTO_DONE(bytes) text = { 0 };

	return report_write(r, &text);
}

static void a_report_has_its_bounds(void **state)
{
	const struct report golden = { .has_journal = true, .first = 3, .count = 3 };
	struct report r = { 0 };
	(void)state;

	assert_int_equal(write_report(&r), OK);
	r.first = 1;
	assert_int_equal(write_report(&r), STATUS_MALFORMED);
	r = (struct report){ .count = 1 };
	assert_int_equal(write_report(&r), STATUS_MALFORMED);
	r = (struct report){ .jwt_count = REPORT_JWTS_MAX + 1 };
	assert_int_equal(write_report(&r), STATUS_MALFORMED);
	assert_int_equal(write_report(&golden), OK);
	r = golden;
	r.first = 4;
	assert_int_equal(write_report(&r), STATUS_MALFORMED);
	r = golden;
	r.first = 0;
	r.count = r.issued_count = REPORT_ISSUED_MAX + 1;
	assert_int_equal(write_report(&r), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_verdict_has_its_bounds),
		cmocka_unit_test(what_is_extra_is_whole_lines_of_it),
		cmocka_unit_test(a_verdicts_state_is_one_that_a_verdict_can_say),
		cmocka_unit_test(a_reason_is_a_code_and_a_layer),
		cmocka_unit_test(a_bundle_has_its_bounds),
		cmocka_unit_test(each_text_has_one_spelling),
		cmocka_unit_test(an_act_has_a_reason_and_a_time),
		cmocka_unit_test(an_entry_has_its_bounds),
		cmocka_unit_test(a_name_has_its_bounds),
		cmocka_unit_test(a_report_has_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
