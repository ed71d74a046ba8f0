/* SPDX-License-Identifier: Apache-2.0 */
/* A captured mint, and the broker that it asks to sign. */
#include "attacks.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "attestd/svid_profile.h"
#include "host_scene.h"
#include "messages/report.h"
#include "service_scene.h"

static X509 *open_tbs(struct span tbs)
{
	static const uint8_t none[] = { 0x30, 0x06, 0x02, 0x01, 0x01, 0x02, 0x01, 0x01 };
	AUTO_DONE(bytes) whole = { 0 };
	const uint8_t *p;

	assert_int_equal(svid_assemble(tbs, (struct span){ none, sizeof(none) }, &whole), OK);
	p = whole.data;

	X509 *x = d2i_X509(NULL, &p, (long)whole.len);

	assert_non_null(x);
	return x;
}

static void replace_extension(X509 *x, int nid, const char *value)
{
	int at = X509_get_ext_by_NID(x, nid, -1);
	X509V3_CTX ctx = { 0 };

	if (at >= 0)
		X509_EXTENSION_free(X509_delete_ext(x, at));
	if (value == NULL)
		return;
	X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);

	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);

	assert_non_null(extension);
	assert_int_equal(X509_add_ext(x, extension, at), 1);
}

static void spoil_ca(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_basic_constraints, "critical,CA:TRUE");
}

static void spoil_usage(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_key_usage, "critical,digitalSignature,keyCertSign");
}

static void spoil_extended_usage(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_ext_key_usage, "serverAuth,codeSigning");
}

static void spoil_name(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_subject_alt_name, "critical,URI:spiffe://example.org/admin");
}

static void spoil_domain(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_subject_alt_name, "critical,URI:spiffe://other.example/web/1");
}

static void spoil_second_name(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_subject_alt_name,
			  "critical,URI:" SPIFFE_ID ",URI:spiffe://example.org/web/2");
}

static void spoil_host_name(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_subject_alt_name, "critical,DNS:example.org");
}

static void spoil_no_name(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_subject_alt_name, NULL);
}

static void spoil_more(struct host *h, X509 *x)
{
	(void)h;
	replace_extension(x, NID_netscape_comment, "more");
}

static void spoil_end(struct host *h, X509 *x)
{
	assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), h->expires + 1));
}

static void spoil_start(struct host *h, X509 *x)
{
	(void)h;
	assert_non_null(ASN1_TIME_set(X509_getm_notBefore(x), time(NULL) - 1800));
}

static void spoil_subject(struct host *h, X509 *x)
{
	(void)h;
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
						    (const uint8_t *)"root", -1, -1, 0),
			 1);
}

static void spoil_issuer(struct host *h, X509 *x)
{
	(void)h;
	assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_issuer_name(x), "CN", MBSTRING_ASC,
						    (const uint8_t *)"root", -1, -1, 0),
			 1);
}

static void spoil_key(struct host *h, X509 *x)
{
	const uint8_t *p = h->certificate.data;
	AUTO(X509) grant = d2i_X509(NULL, &p, (long)h->certificate.len);

	assert_int_equal(X509_set_pubkey(x, X509_get0_pubkey(grant)), 1);
}

static void spoil_key_kind(struct host *h, X509 *x)
{
	AUTO(EVP_PKEY) key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	(void)h;

	assert_int_equal(X509_set_pubkey(x, key), 1);
}

static void spoil_version(struct host *h, X509 *x)
{
	(void)h;
	assert_int_equal(X509_set_version(x, X509_VERSION_1), 1);
}

static void spoil_serial(struct host *h, X509 *x)
{
	(void)h;
	assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 7), 1);
}

static const struct {
	const char *what;
	void (*spoil)(struct host *h, X509 *x);
} spoils[] = {
	{ "a CA", spoil_ca },
	{ "a key that signs certificates", spoil_usage },
	{ "another extended usage", spoil_extended_usage },
	{ "a path that is not entitled", spoil_name },
	{ "another trust domain", spoil_domain },
	{ "a second name", spoil_second_name },
	{ "a DNS name", spoil_host_name },
	{ "no name", spoil_no_name },
	{ "an extension more", spoil_more },
	{ "a time beyond the grant", spoil_end },
	{ "a time long past", spoil_start },
	{ "a subject", spoil_subject },
	{ "another issuer", spoil_issuer },
	{ "the minting key itself", spoil_key },
	{ "another kind of key", spoil_key_kind },
	{ "version 1", spoil_version },
	{ "a short serial number", spoil_serial },
};

static void s17_a_captured_mint_has_nothing_signed_but_a_leaf_of_the_grant(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(svid) svid = { 0 };
	(void)state;

	host_init(&h);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_make_svid(&h, &svid);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		AUTO(X509) x = open_tbs(span_of(&svid.tbs));
		uint8_t *der = NULL;

		spoils[i].spoil(&h, x);

		int len = i2d_re_X509_tbs(x, &der);

		assert_true(len > 0);
		if (host_ask_to_sign(&h, (struct span){ der, (size_t)len }) != STATUS_DENIED)
			fail_msg("%s was signed", spoils[i].what);
		OPENSSL_free(der);
	}
	/* All of that changed nothing. */
	assert_int_equal(host_ask_to_sign(&h, span_of(&svid.tbs)), OK);
}

/* The same certificate with the length of notBefore in two bytes: BER, no DER. Who
 * reads the one and who reads the other may see different certificates. */
static void spell_otherwise(struct span tbs, struct bytes *out)
{
	static const uint8_t validity[] = { 0x30, 0x1e, 0x17, 0x0d };
	static const uint8_t otherwise[] = { 0x30, 0x1f, 0x17, 0x81, 0x0d };
	const uint8_t *at = memmem(tbs.data, tbs.len, validity, sizeof(validity));

	assert_non_null(at);

	size_t before = (size_t)(at - tbs.data);
	size_t after = before + sizeof(validity);

	/* A SEQUENCE whose length takes two bytes. */
	assert_true(before > 4 && tbs.data[1] == 0x82 && tbs.data[3] < 0xff);
	assert_int_equal(bytes_copy((struct span){ tbs.data, before }, out), OK);
	out->data[3]++;
	assert_int_equal(bytes_append(out, (struct span){ otherwise, sizeof(otherwise) }), OK);
	assert_int_equal(bytes_append(out, (struct span){ tbs.data + after, tbs.len - after }), OK);
}

/* What is no certificate at all: a bare digest, a quote, more than one thing. */
static void s17_a_captured_mint_has_no_other_bytes_signed(void **state)
{
	static const uint8_t digest[32] = { 1 };
	static const uint8_t quote[] = { 0xff, 0x54, 0x43, 0x47, 0x80, 0x18, 0x00, 0x00 };
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) longer = { 0 };
	AUTO_DONE(bytes) other_spelling = { 0 };
	(void)state;

	host_init(&h);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_make_svid(&h, &svid);
	assert_int_equal(bytes_copy(span_of(&svid.tbs), &longer), OK);
	assert_int_equal(bytes_append_byte(&longer, 0), OK);
	spell_otherwise(span_of(&svid.tbs), &other_spelling);

	const struct span others[] = { { NULL, 0 },
				       { digest, sizeof(digest) },
				       { quote, sizeof(quote) },
				       span_of(&longer),
				       span_of(&other_spelling),
				       { svid.tbs.data, svid.tbs.len - 1 },
				       { svid.tbs.data + 1, svid.tbs.len - 1 },
				       span_of(&h.certificate) };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (host_ask_to_sign(&h, others[i]) != STATUS_DENIED)
			fail_msg("number %zu was signed", i);
	assert_int_equal(host_ask_to_sign(&h, span_of(&svid.tbs)), OK);
}

/* Its channel is for one verb; any other ends the broker, and with it all. */
static void s17_a_captured_mint_has_one_verb(void **state)
{
	static const uint16_t others[] = { FRAME_IDENTITY,
					   FRAME_ACTIVATE,
					   FRAME_EVIDENCE,
					   FRAME_VERDICT,
					   FRAME_DROP,
					   FRAME_RIGHT,
					   0,
					   999 };
	(void)state;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		AUTO_DONE(host) h = { 0 };
		struct frame frame;

		host_init(&h);
		assert_int_equal(channel_call(&h.mint, others[i], 1, (struct span){ 0 },
					      SERVICE_PATIENCE_MS, &frame),
				 STATUS_IO);
	}
}

static void s17_nothing_is_signed_without_a_right(void **state)
{
	AUTO_DONE(host) h = { 0 };
	(void)state;

	host_init(&h);
	host_evidence(&h);
	host_expect_signed(&h, STATUS_DENIED); /* none yet */
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
	host_attest(&h, NODE_UNTRUSTED, 0);
	host_expect_signed(&h, STATUS_DENIED); /* lost */
}

/* What the next evidence says was issued last; the report is the one that is quoted. */
static void expect_issued_last(struct host *h, const struct svid *svid, uint64_t count)
{
	struct digest digest;
	struct report report;

	host_evidence(h);
	assert_int_equal(report_parse(span_of(&h->evidence.report), &report), OK);
	assert_int_equal(report.count, count);
	assert_int_not_equal(report.issued_count, 0);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&svid->tbs), &digest), OK);
	assert_true(digest_equal(&report.issued[report.issued_count - 1].tbs, &digest));
	assert_true(
		span_equal(report.issued[report.issued_count - 1].spiffe_id, span_text(SPIFFE_ID)));
}

static uint64_t issued_so_far(struct host *h)
{
	struct report report;

	host_evidence(h);
	assert_int_equal(report_parse(span_of(&h->evidence.report), &report), OK);
	assert_true(report.has_journal);
	return report.count;
}

/* The record is not made of an answer that may be lost, or kept: it is there before
 * there is a signature, also of one that never was. */
static void s17_what_is_signed_is_on_record_before_it_is(void **state)
{
	struct digest any = digest_filled(DIGEST_SHA256, 0x11);
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(svid) good = { 0 };
	AUTO_DONE(svid) never = { 0 };
	uint64_t before;
	(void)state;

	host_init(&h);
	before = issued_so_far(&h);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_make_svid(&h, &good);
	assert_int_equal(host_ask_to_sign(&h, span_of(&good.tbs)), OK);
	expect_issued_last(&h, &good, before + 1);
	/* The TPM refuses: a PCR of the key's policy is another now. */
	if (!host_extend(HOST_CAP, &any))
		skip();
	host_make_svid(&h, &never);
	assert_int_not_equal(host_ask_to_sign(&h, span_of(&never.tbs)), OK);
	/* The next attestation makes another key: the agent is asked for one. */
	assert_int_equal(broker_listen(&h.agent), OK);
	assert_true(h.agent.has_wish);
	expect_issued_last(&h, &never, before + 2);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_expect_signed(&h, OK);
}

static void s17_nothing_is_signed_without_a_record(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(svid) later = { 0 };
	uint64_t before;
	(void)state;

	host_init(&h);
	before = issued_so_far(&h);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	host_make_svid(&h, &svid);
	host_spoil_journal(true);
	assert_int_equal(host_ask_to_sign(&h, span_of(&svid.tbs)), STATUS_UNAVAILABLE);
	assert_int_equal(host_ask_to_sign(&h, span_of(&svid.tbs)), STATUS_UNAVAILABLE);
	host_spoil_journal(false);
	host_make_svid(&h, &later);
	assert_int_equal(host_ask_to_sign(&h, span_of(&later.tbs)), OK);
	expect_issued_last(&h, &later, before + 1);
}

#define EXECUTABLE "/usr/bin/workload"

static void put_le32(struct writer *w, size_t value)
{
	for (int shift = 0; shift < 32; shift += 8)
		writer_u8(w, (uint8_t)(value >> shift));
}

/* A log of one ima-ng entry, and what the kernel extends for it. */
static void make_log(const struct digest *content, struct bytes *log, struct digest *extended)
{
	static const uint8_t kind[] = "sha256:", path[] = EXECUTABLE;
	AUTO_DONE(bytes) data = { 0 };
	struct writer d = writer_to(&data, 1024);
	struct writer w = writer_to(log, 1024);

	put_le32(&d, sizeof(kind) + SHA256_SIZE);
	writer_put(&d, (struct span){ kind, sizeof(kind) });
	writer_put(&d, digest_span(content));
	put_le32(&d, sizeof(path));
	writer_put(&d, (struct span){ path, sizeof(path) });
	assert_int_equal(writer_end(&d), OK);
	put_le32(&w, 10);
	for (unsigned i = 0; i < 20; i++)
		writer_u8(&w, 1);
	put_le32(&w, 6);
	writer_put(&w, span_text("ima-ng"));
	put_le32(&w, data.len);
	writer_put(&w, span_of(&data));
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&data), extended), OK);
}

static void assert_measured(struct host *h, const struct digest *content,
			    enum measured_state wanted)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized(&w, digest_span(content));
	writer_sized(&w, span_text(EXECUTABLE));
	assert_int_equal(writer_end(&w), OK);
	assert_int_equal(channel_call(&h->mint, FRAME_MEASURED, ++h->next_id, span_of(&body),
				      SERVICE_PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	assert_int_equal(frame.body.len, 1);
	assert_int_equal(frame.body.data[0], wanted);
}

/* On the broker itself: what the kernel logged and extended is not enough, nor that it
 * was quoted, nor any verdict on that. */
static void s13_only_a_trusted_verdict_makes_an_entry_count(void **state)
{
	struct digest content = digest_filled(DIGEST_SHA256, 0x77);
	struct digest other = digest_filled(DIGEST_SHA256, 0x78);
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(host) h = { 0 };
	struct digest extended;
	(void)state;

	make_log(&content, &log, &extended);
	if (!host_measure(span_of(&log), &extended))
		skip();
	host_init(&h);
	h.is_measuring = true;
	assert_measured(&h, &other, MEASURED_NOT);
	assert_measured(&h, &content, MEASURED_NOT_QUOTED);
	host_evidence(&h);
	assert_measured(&h, &content, MEASURED_NOT_QUOTED);
	host_attest(&h, NODE_UNTRUSTED, 0);
	assert_measured(&h, &content, MEASURED_NOT_QUOTED);
	host_attest(&h, NODE_TRUSTED, GRANT_S);
	assert_measured(&h, &content, MEASURED_QUOTED);
	assert_measured(&h, &other, MEASURED_NOT);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s17_a_captured_mint_has_nothing_signed_but_a_leaf_of_the_grant),
	cmocka_unit_test(s17_a_captured_mint_has_no_other_bytes_signed),
	cmocka_unit_test(s17_a_captured_mint_has_one_verb),
	cmocka_unit_test(s17_nothing_is_signed_without_a_right),
	cmocka_unit_test(s17_what_is_signed_is_on_record_before_it_is),
	cmocka_unit_test(s17_nothing_is_signed_without_a_record),
	cmocka_unit_test(s13_only_a_trusted_verdict_makes_an_entry_count),
};

ATTACKS_MAIN_WITH(tests, host_start_tpm, host_stop_tpm)
