/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "messages/statement.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define GRANT                                                                                      \
	"attestd-verdict/1\nnode " ID "\nnonce AQID\nstate trusted\nissued 1767225600\n"           \
	"expires 1767226200\ngeneration " ID "\ncap 13\ninterval 300\nminting-key 000b" ID "\n"    \
	"certificate sha256:" ID "\ntrust-domain example.org\nentries sha256:" ID "\n"             \
	"entitlement spiffe://example.org/a/*\nentitlement spiffe://example.org/b\n"
#define TRUSTED GRANT "end\n"
#define WITH_EXTRA GRANT "extra cap 11\nend\n"
#define FIRST_ENTITLEMENT "entitlement spiffe://example.org/a"
#define UNTRUSTED                                                                                  \
	"attestd-verdict/1\nnode " ID "\nnonce AQID\nstate untrusted\nissued 1767225600\n"         \
	"expires 0\ngeneration " ZEROS "\ncap 11\nminting-key -\ncertificate -\ntrust-domain -\n"  \
	"entries -\n"                                                                              \
	"reason ima-entry-unknown userland Ops%20Team 158 /tmp/a%0Ab\n"                            \
	"reason release-none release-process - - -\nend\n"
#define BUNDLE                                                                                     \
	"attestd-bundle/1\ntrust-domain example.org\nsequence 7\n"                                 \
	"certificate AQID\ncertificate BAUG\njwt-key one_1- AQID\njwt-key two BAUG\nend\n"
#define OWN_ANCHORS                                                                                \
	"attestd-bundle/1\ntrust-domain example.org\nsequence 7\ncertificate AQID\njwt-key k "     \
	"AQID\n"
#define FEDERATED                                                                                  \
	OWN_ANCHORS "federated a.example\ncertificate BAUG\n"                                      \
		    "federated b.example\njwt-key k BAUG\nend\n"
#define APPROVE                                                                                    \
	"attestd-act/1\nverb approve\nnode " ID "\nhost r01n07\nclass server\n"                    \
	"reason new%20rack\ntime 1767225600\nend\n"
#define RELEASE                                                                                    \
	"attestd-act/1\nverb release\nnode " ID "\nhost -\nclass -\n"                              \
	"reason checked\ntime 1767225600\nend\n"

#define ADD_ENTRY                                                                                  \
	"attestd-act/1\nverb add-entry\nclass server\n"                                            \
	"entry web spiffe://example.org/web /usr/bin/web uid=1000 jwt\n"                           \
	"reason new%20service\ntime 1767225600\nend\n"
#define RELEASE_ENTRY                                                                              \
	"attestd-act/1\nverb release-entry\nentry web\nreason checked\ntime 1767225600\nend\n"

enum kind {
	VERDICT,
	SIGNED_BUNDLE,
	ACT,
};

static const struct {
	enum kind kind;
	const char *text;
} goldens[] = {
	{ VERDICT, TRUSTED },	      { VERDICT, UNTRUSTED }, { SIGNED_BUNDLE, BUNDLE },
	{ SIGNED_BUNDLE, FEDERATED }, { ACT, APPROVE },	      { ACT, RELEASE },
	{ ACT, ADD_ENTRY },	      { ACT, RELEASE_ENTRY },
};

#define GOLDENS (sizeof(goldens) / sizeof(goldens[0]))

static enum status parse(enum kind kind, struct span text)
{
	AUTO_DONE(verdict) verdict = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	AUTO_DONE(act) act = { 0 };

	if (kind == VERDICT)
		return verdict_parse(text, &verdict);
	if (kind == SIGNED_BUNDLE)
		return bundle_parse(text, &bundle);
	return act_parse(text, &act);
}

static void statements_say_what_they_say(void **state)
{
	AUTO_DONE(verdict) v = { 0 };
	AUTO_DONE(bundle) b = { 0 };
	AUTO_DONE(act) a = { 0 };
	(void)state;

	assert_int_equal(verdict_parse(span_text(UNTRUSTED), &v), OK);
	assert_int_equal(v.state, NODE_UNTRUSTED);
	assert_int_equal(v.issued, 1767225600);
	assert_int_equal(v.reason_count, 2);
	assert_true(span_equal(span_of(&v.reasons[0].owner), span_text("Ops Team")));
	assert_true(span_equal(span_of(&v.reasons[0].detail), span_text("/tmp/a\nb")));
	assert_true(v.reasons[0].has_entry);
	assert_int_equal(v.reasons[0].entry, 158);
	assert_false(v.reasons[1].has_entry);
	assert_int_equal(v.reasons[1].detail.len, 0);
	verdict_done(&v);
	v = (struct verdict){ 0 };
	assert_int_equal(verdict_parse(span_text(TRUSTED), &v), OK);
	assert_int_equal(v.entitlement_count, 2);
	assert_int_equal(v.minting_key.len, 34);
	assert_int_equal(v.certificate.alg, DIGEST_SHA256);
	assert_int_equal(bundle_parse(span_text(BUNDLE), &b), OK);
	assert_int_equal(b.sequence, 7);
	assert_int_equal(b.own.certificate_count, 2);
	assert_int_equal(b.own.jwt_key_count, 2);
	assert_true(span_equal(span_of(&b.own.jwt_keys[0].kid), span_text("one_1-")));
	assert_int_equal(b.own.jwt_keys[1].spki.len, 3);
	assert_int_equal(act_parse(span_text(APPROVE), &a), OK);
	assert_true(span_equal(span_of(&a.reason), span_text("new rack")));
}

static void every_truncation_and_every_addition_is_refused(void **state)
{
	(void)state;

	for (size_t i = 0; i < GOLDENS; i++) {
		struct span text = span_text(goldens[i].text);
		AUTO_DONE(bytes) longer = { 0 };

		assert_int_equal(parse(goldens[i].kind, text), OK);
		for (size_t len = 0; len < text.len; len++)
			assert_int_not_equal(
				parse(goldens[i].kind, (struct span){ text.data, len }), OK);
		assert_int_equal(bytes_printf(&longer, "%s\n", goldens[i].text), OK);
		assert_int_not_equal(parse(goldens[i].kind, span_of(&longer)), OK);
	}
}

/* A second spelling of the same statement would have another signature. */
static void no_line_may_be_missing_doubled_or_moved(void **state)
{
	(void)state;

	for (size_t i = 0; i < GOLDENS; i++) {
		const char *text = goldens[i].text;

		for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
			AUTO_DONE(bytes) missing = { 0 };
			AUTO_DONE(bytes) doubled = { 0 };
			const char *next = strchr(line, '\n') + 1;
			bool repeats = strncmp(line, "entitlement ", 12) == 0 ||
				       strncmp(line, "reason ", 7) == 0 ||
				       strncmp(line, "certificate A", 13) == 0 ||
				       strncmp(line, "certificate B", 13) == 0 ||
				       strncmp(line, "jwt-key ", 8) == 0 ||
				       strncmp(line, "federated ", 10) == 0;

			if (repeats && goldens[i].kind != ACT)
				continue;
			assert_int_equal(
				bytes_printf(&missing, "%.*s%s", (int)(line - text), text, next),
				OK);
			assert_int_equal(
				bytes_printf(&doubled, "%.*s%s", (int)(next - text), text, line),
				OK);
			/* Verifiers of before it say nothing of an interval. */
			if (strncmp(line, "interval ", 9) == 0)
				assert_int_equal(parse(goldens[i].kind, span_of(&missing)), OK);
			else
				assert_int_not_equal(parse(goldens[i].kind, span_of(&missing)), OK);
			assert_int_not_equal(parse(goldens[i].kind, span_of(&doubled)), OK);
		}
	}
}

static enum status changed(enum kind kind, const char *golden, const char *this, const char *that)
{
	AUTO_DONE(bytes) text = { 0 };
	const char *at = strstr(golden, this);

	assert_non_null(at);
	assert_int_equal(bytes_printf(&text, "%.*s%s%s", (int)(at - golden), golden, that,
				      at + strlen(this)),
			 OK);
	return parse(kind, span_of(&text));
}

static void a_changed_field_is_refused(void **state)
{
	static const struct {
		enum kind kind;
		const char *golden, *this, *that;
	} cases[] = {
		{ VERDICT, TRUSTED, "attestd-verdict/1", "attestd-verdict/2" },
		{ VERDICT, TRUSTED, "node 0123", "node 012G" },
		{ VERDICT, TRUSTED, "minting-key 000b0", "minting-key 000B0" },
		{ VERDICT, TRUSTED, "cap 13", "cap 013" },
		{ VERDICT, TRUSTED, "cap 13", "cap 16" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 10" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap -" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 11\ninterval 0" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 11\ninterval 0300" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 11\ninterval 86401" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 11\ninterval -" },
		{ VERDICT, UNTRUSTED, "cap 11", "cap 11\ninterval 300\ninterval 300" },
		{ VERDICT, UNTRUSTED, "cap 11", "interval 300\ncap 11" },
		{ VERDICT, TRUSTED, "issued 1", "issued 01" },
		{ VERDICT, TRUSTED, "issued 1", "issued -1" },
		{ VERDICT, TRUSTED, "issued 1767225600", "issued 99999999999999999999" },
		{ VERDICT, TRUSTED, "nonce AQID", "nonce AQID " },
		{ VERDICT, TRUSTED, "nonce AQID", "nonce\tAQID" },
		{ VERDICT, TRUSTED, "state trusted", "state pending" },
		{ VERDICT, TRUSTED, "state trusted", "state warned" },
		{ VERDICT, TRUSTED, "sha256:0", "sha384:0" },
		{ VERDICT, TRUSTED, "certificate sha256:" ID, "certificate -" },
		{ VERDICT, TRUSTED, "trust-domain example.org", "trust-domain -" },
		{ VERDICT, TRUSTED, "trust-domain example.org", "trust-domain Example.org" },
		{ VERDICT, TRUSTED, "entries sha256:" ID, "entries -" },
		{ VERDICT, TRUSTED, "entries sha256:" ID, "entries " ID },
		{ VERDICT, TRUSTED, "entries sha256:" ID "\n", "" },
		{ VERDICT, UNTRUSTED, "entries -", "entries sha256:" ID },
		{ VERDICT, TRUSTED, FIRST_ENTITLEMENT, "bundle 0\n" FIRST_ENTITLEMENT },
		{ VERDICT, TRUSTED, FIRST_ENTITLEMENT, "bundle 07\n" FIRST_ENTITLEMENT },
		{ VERDICT, TRUSTED, FIRST_ENTITLEMENT, "bundle -\n" FIRST_ENTITLEMENT },
		{ VERDICT, TRUSTED, FIRST_ENTITLEMENT, "bundle 7\nbundle 7\n" FIRST_ENTITLEMENT },
		{ VERDICT, UNTRUSTED, "entries -\n", "entries -\nbundle 7\n" },
		{ VERDICT, TRUSTED, "expires 1767226200", "expires 0" },
		{ VERDICT, TRUSTED, "spiffe://example.org/b", "https://example.org/b" },
		{ VERDICT, UNTRUSTED, "expires 0", "expires 1767226200" },
		{ VERDICT, UNTRUSTED, "Ops%20Team", "Ops Team" },
		{ VERDICT, UNTRUSTED, "Ops%20Team", "Ops%20%54eam" },
		{ VERDICT, UNTRUSTED, "a%0Ab", "a%0ab" },
		{ VERDICT, UNTRUSTED, "userland", "Userland" },
		{ SIGNED_BUNDLE, BUNDLE, "sequence 7", "sequence 7\r" },
		{ SIGNED_BUNDLE, BUNDLE, "certificate AQID\ncertificate BAUG\n", "" },
		{ SIGNED_BUNDLE, BUNDLE, "AQID", "AQI" },
		{ SIGNED_BUNDLE, BUNDLE, "jwt-key two", "jwt-key one_1-" },
		{ SIGNED_BUNDLE, BUNDLE, "jwt-key two", "jwt-key t.o" },
		{ SIGNED_BUNDLE, BUNDLE, "jwt-key two BAUG", "jwt-key two" },
		{ ACT, APPROVE, "verb approve", "verb retire" },
		{ ACT, APPROVE, "host r01n07", "host -" },
		{ ACT, APPROVE, "class server", "class Server" },
		{ ACT, APPROVE, "host r01n07", "host ../n07" },
		{ ACT, RELEASE, "class -", "class server" },
		{ ACT, ADD_ENTRY, "class server", "class -" },
		{ ACT, ADD_ENTRY, "class server\n", "" },
		{ ACT, ADD_ENTRY, "entry web", "entry Web" },
		{ ACT, ADD_ENTRY, " jwt", " jwt sha256:" ID },
		{ ACT, ADD_ENTRY, "verb add-entry", "verb release-entry" },
		{ ACT, ADD_ENTRY, "verb add-entry", "verb approve" },
		{ ACT, RELEASE_ENTRY, "entry web", "entry -" },
		{ ACT, RELEASE_ENTRY, "entry web", "entry web spiffe://example.org/web /a" },
		{ ACT, RELEASE_ENTRY, "verb release-entry", "verb add-entry" },
	};
	(void)state;

	assert_int_equal(
		changed(VERDICT, TRUSTED, FIRST_ENTITLEMENT, "bundle 7\n" FIRST_ENTITLEMENT), OK);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (changed(cases[i].kind, cases[i].golden, cases[i].this, cases[i].that) == OK)
			fail_msg("accepted: %s", cases[i].that);
}

/* What a newer writer puts before "end", and what a reader of now makes of it. */
static enum status with_last_lines(enum kind kind, const char *golden, const char *lines)
{
	AUTO_DONE(bytes) text = { 0 };
	size_t before = strlen(golden) - strlen("end\n");

	assert_int_equal(bytes_printf(&text, "%.*s%send\n", (int)before, golden, lines), OK);
	return parse(kind, span_of(&text));
}

static void lines_of_a_later_version_are_passed_over_where_they_are_extra(void **state)
{
	static const char *const passed_over[] = {
		"extra later 1\n",
		"extra cap 11\n",
		"extra later \" words %GG of any  kind \"\n",
		"extra a 1\nextra a-b 1\nextra b 1\n",
	};
	static const char *const refused[] = {
		"later 1\n",
		"extra later 1\nlater 1\n",
		"extra later\n",
		"extra later \n",
		"extra  1\n",
		"extra Later 1\n",
		"extra la.ter 1\n",
		"extra later \t\n",
		"extra later \x7f\n",
		"extra later 1\nextra later 1\n",
		"extra later 1\nextra later 2\n",
		"extra b 1\nextra a 1\n",
		"extra later 1\nreason a b - - -\n",
		"extra later 1\ncertificate BAUG\n",
	};
	AUTO_DONE(verdict) v = { 0 };
	(void)state;

	for (size_t i = 0; i < GOLDENS; i++) {
		bool may = goldens[i].kind != ACT;

		for (size_t j = 0; j < sizeof(passed_over) / sizeof(*passed_over); j++)
			if ((with_last_lines(goldens[i].kind, goldens[i].text, passed_over[j]) ==
			     OK) != may)
				fail_msg("%zu: %s", i, passed_over[j]);
		for (size_t j = 0; j < sizeof(refused) / sizeof(*refused); j++)
			if (with_last_lines(goldens[i].kind, goldens[i].text, refused[j]) == OK)
				fail_msg("%zu accepted: %s", i, refused[j]);
	}
	/* What is known is what it is without them. */
	assert_int_equal(verdict_parse(span_text(WITH_EXTRA), &v), OK);
	assert_int_equal(v.cap, 13);
	assert_int_equal(v.entitlement_count, 2);
	assert_true(span_equal(span_of(&v.extras), span_text("extra cap 11\n")));
}

static void extras_have_their_bounds(void **state)
{
	AUTO_DONE(bytes) lines = { 0 };
	char value[1026];
	(void)state;

	memset(value, 'x', sizeof(value));
	value[1025] = '\0';
	assert_int_equal(bytes_printf(&lines, "extra a %.1024s\n", value), OK);
	assert_int_equal(with_last_lines(VERDICT, TRUSTED, (char *)lines.data), OK);
	bytes_done(&lines);
	assert_int_equal(bytes_printf(&lines, "extra a %s\n", value), OK);
	assert_int_not_equal(with_last_lines(VERDICT, TRUSTED, (char *)lines.data), OK);
	bytes_done(&lines);
	for (int i = 0; i < 16; i++)
		assert_int_equal(bytes_printf(&lines, "extra %c 1\n", 'a' + i), OK);
	assert_int_equal(with_last_lines(SIGNED_BUNDLE, BUNDLE, (char *)lines.data), OK);
	assert_int_equal(bytes_printf(&lines, "extra z 1\n"), OK);
	assert_int_not_equal(with_last_lines(SIGNED_BUNDLE, BUNDLE, (char *)lines.data), OK);
}

static void one_reason_over_the_limit_is_refused(void **state)
{
	AUTO_DONE(bytes) text = { 0 };
	const char *at = strstr(UNTRUSTED, "reason ");
	(void)state;

	assert_int_equal(
		bytes_printf(&text, "%.*s", (int)(strlen(UNTRUSTED) - strlen(at)), UNTRUSTED), OK);
	for (int i = 0; i <= VERDICT_REASONS_MAX; i++)
		assert_int_equal(bytes_printf(&text, "reason a b - - -\n"), OK);
	assert_int_equal(bytes_printf(&text, "end\n"), OK);
	assert_int_equal(parse(VERDICT, span_of(&text)), STATUS_MALFORMED);
}

static void a_trust_domain_is_federated_once_in_order_and_with_something(void **state)
{
	static const char *const wrong[] = {
		"federated b.example\ncertificate BAUG\nfederated a.example\ncertificate AQID\n",
		"federated a.example\ncertificate BAUG\nfederated a.example\ncertificate AQID\n",
		"federated example.org\ncertificate BAUG\n",
		"federated a.example\n",
		"federated a.example\njwt-key k AQID\ncertificate BAUG\n",
		"federated a.example\njwt-key k AQID\njwt-key k BAUG\n",
		"federated A.example\ncertificate BAUG\n",
	};
	AUTO_DONE(bundle) b = { 0 };

	(void)state;
	assert_int_equal(bundle_parse(span_text(FEDERATED), &b), OK);
	assert_int_equal(b.federated_count, 2);
	assert_ptr_equal(bundle_anchors(&b, span_text("b.example")), &b.federated[1]);
	assert_ptr_equal(bundle_anchors(&b, span_text("example.org")), &b.own);
	assert_null(bundle_anchors(&b, span_text("c.example")));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		AUTO_DONE(bytes) text = { 0 };

		assert_int_equal(bytes_printf(&text, OWN_ANCHORS "%send\n", wrong[i]), OK);
		assert_int_not_equal(parse(SIGNED_BUNDLE, span_of(&text)), OK);
	}
}

static void one_federated_trust_domain_over_the_limit_is_refused(void **state)
{
	AUTO_DONE(bytes) text = { 0 };

	(void)state;
	assert_int_equal(bytes_printf(&text, OWN_ANCHORS), OK);
	for (int i = 0; i <= BUNDLE_FEDERATED_MAX; i++)
		assert_int_equal(
			bytes_printf(&text, "federated %c.example\ncertificate BAUG\n", 'a' + i),
			OK);
	assert_int_equal(bytes_printf(&text, "end\n"), OK);
	assert_int_equal(parse(SIGNED_BUNDLE, span_of(&text)), STATUS_MALFORMED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_say_what_they_say),
		cmocka_unit_test(every_truncation_and_every_addition_is_refused),
		cmocka_unit_test(no_line_may_be_missing_doubled_or_moved),
		cmocka_unit_test(a_changed_field_is_refused),
		cmocka_unit_test(lines_of_a_later_version_are_passed_over_where_they_are_extra),
		cmocka_unit_test(extras_have_their_bounds),
		cmocka_unit_test(one_reason_over_the_limit_is_refused),
		cmocka_unit_test(a_trust_domain_is_federated_once_in_order_and_with_something),
		cmocka_unit_test(one_federated_trust_domain_over_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
