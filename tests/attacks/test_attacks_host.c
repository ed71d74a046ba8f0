/* SPDX-License-Identifier: Apache-2.0 */
/* A broker with a software TPM, whose agent and mint are in an attacker's hands;
 * and a verifier that is gone. The result key and the CA are ours. */
#include "attacks.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/agent/broker_client.h"
#include "attestd/broker/broker.h"
#include "attestd/mint/svid.h"
#include "attestd/svid_profile.h"
#include "attestd_grant.h"
#include "daemon/file.h"
#include "daemon/role.h"
#include "messages/evidence.h"
#include "service_scene.h"

#define CAP_PCR 13
#define SPIFFE_ID "spiffe://example.org/web/1"
#define GRANT_S 300
#define CAPS_ACCEPTED 64 /* by appraisal, in a boot session */

static char top[128];
static char tcti[128];
static pid_t swtpm;

struct host {
	struct granted verifier; /* result key, CA */
	char configuration[192];
	pid_t broker;
	struct broker_client agent;
	struct channel mint;
	uint64_t next_id;
	struct node_id node;
	uint8_t nonces;
	struct evidence evidence; /* of the last round */
	struct bytes nonce, certificate;
	struct name key; /* of the minting key */
	int64_t expires; /* the last right's, as the mint was told it */
};

static const char *source_directory(void)
{
	const char *given = getenv("srcdir");

	return given == NULL ? "." : given;
}

static int start_swtpm(void **state)
{
	static const char script[] = "for tool in swtpm swtpm_setup tpm2_getrandom; do command -v "
				     "$tool || exit 77; done\n"
				     ". \"$0/tools/swtpm.sh\"\n"
				     "swtpm_manufacture \"$1\" && swtpm_start \"$1\" || exit 1\n"
				     "echo \"$SWTPM_PID $SWTPM_TCTI\" >\"$1/started\"\n";
	AUTO_DONE(bytes) said = { 0 };
	char log[192], started[192];
	int pid = 0;
	(void)state;

	new_directory(top, sizeof(top));
	(void)snprintf(log, sizeof(log), "%s/start.log", top);
	(void)snprintf(started, sizeof(started), "%s/started", top);

	const char *const argv[] = { "sh", "-c", script, source_directory(), top, NULL };
	int end = run_to_file(argv, log);

	if (end == 77)
		return 0;
	assert_int_equal(end, 0);
	assert_int_equal(file_read(started, 256, &said), OK);
	assert_int_equal(bytes_append_byte(&said, 0), OK);
	assert_int_equal(sscanf((const char *)said.data, "%d %127s", &pid, tcti), 2);
	swtpm = (pid_t)pid;
	return 0;
}

static int stop_swtpm(void **state)
{
	const char *const argv[] = { "rm", "-rf", top, NULL };
	(void)state;

	if (swtpm > 0)
		(void)kill(swtpm, SIGTERM);
	return run_to_file(argv, "/dev/null");
}

static void write_configuration(struct host *h)
{
	char key[192];
	FILE *file;

	(void)snprintf(h->configuration, sizeof(h->configuration), "%s/attestd.conf", top);
	(void)snprintf(key, sizeof(key), "%s/result.pem", top);
	file = fopen(key, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, h->verifier.result), 1);
	assert_int_equal(fclose(file), 0);
	file = fopen(h->configuration, "w");
	assert_non_null(file);
	(void)fprintf(file,
		      "[verifier]\nurl = https://localhost\nca_file = %s\nresult_key = %s\n"
		      "[tpm]\ntcti = %s\n[logs]\nboot_log = %s/none\nima_log = %s/none\n"
		      "ima_count = none\n",
		      key, key, tcti, top, top);
	assert_int_equal(fclose(file), 0);
}

static void start_broker(struct host *h)
{
	int agent[2], mint[2];
	const pid_t parent = getpid();

	assert_int_equal(channel_pair(agent), OK);
	assert_int_equal(channel_pair(mint), OK);
	h->broker = fork();
	assert_true(h->broker >= 0);
	if (h->broker == 0) {
		/* Above the range first: a pair may lie in it. */
		int moved[BROKER_FDS] = { dup2(agent[1], 40), dup2(mint[1], 41) };

		if (dup2(moved[0], ROLE_FD_FIRST + BROKER_AGENT) < 0 ||
		    dup2(moved[1], ROLE_FD_FIRST + BROKER_MINT) < 0 || getppid() != parent)
			_exit(99);
		role_begin("broker", BROKER_FDS);
		_exit(broker_run(h->configuration));
	}
	(void)close(agent[1]);
	(void)close(mint[1]);
	channel_init(&h->agent.channel, agent[0], FRAME_LARGE_MAX);
	channel_init(&h->mint, mint[0], FRAME_SMALL_MAX);
}

static void host_init(struct host *h)
{
	AUTO_DONE(broker_identity) identity = { 0 };

	if (swtpm == 0)
		skip();
	*h = (struct host){ 0 };
	granted_init_at(&h->verifier, (int64_t)time(NULL));
	write_configuration(h);
	start_broker(h);
	assert_int_equal(broker_identity(&h->agent, false, &identity), OK);
	assert_true(identity.has_node);
	h->node = identity.node;
}

static void host_done(struct host *h)
{
	if (h->broker > 0) {
		(void)kill(h->broker, SIGKILL);
		(void)waitpid(h->broker, NULL, 0);
	}
	channel_done(&h->agent.channel);
	channel_done(&h->mint);
	evidence_done(&h->evidence);
	bytes_done(&h->nonce);
	bytes_done(&h->certificate);
	granted_done(&h->verifier);
}

AUTO_RELEASE(host, host_done);

/* The CA's certificate for the key that the TPM made. */
static void certify_key(struct host *h)
{
	const uint8_t *p = h->verifier.certificate.data;
	AUTO(X509) x = d2i_X509(NULL, &p, (long)h->verifier.certificate.len);
	struct public_area area;
	EVP_PKEY *found = NULL;
	uint8_t *der = NULL;

	assert_non_null(x);
	assert_int_equal(public_area_parse(span_of(&h->evidence.minting_public), &area), OK);
	assert_int_equal(public_area_key(&area, &found), OK);

	AUTO(EVP_PKEY) key = found;

	assert_int_equal(public_area_name(span_of(&h->evidence.minting_public), &h->key), OK);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	assert_true(X509_sign(x, h->verifier.minting, EVP_sha256()) > 0);

	int len = i2d_X509(x, &der);

	assert_true(len > 0);
	bytes_done(&h->certificate);
	assert_int_equal(bytes_copy((struct span){ der, (size_t)len }, &h->certificate), OK);
	OPENSSL_free(der);
}

/* A challenge with a nonce of its own, and what the broker answers. */
static void next_evidence(struct host *h)
{
	AUTO_DONE(attestation_challenge)
	challenge = { .bank = DIGEST_SHA256,
		      .select = 1u << 7 | 1u << CAP_PCR,
		      .policy_pcrs = 1u << 7,
		      .cap = CAP_PCR,
		      .want_certify = true };
	AUTO_DONE(broker_evidence) made = { 0 };
	uint8_t nonce[32] = { 0 };

	nonce[0] = ++h->nonces;
	bytes_done(&h->nonce);
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &h->nonce), OK);
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &challenge.nonce), OK);
	if (broker_evidence(&h->agent, &challenge, &made) != OK)
		fail_msg("evidence: %s", h->agent.reason);
	evidence_done(&h->evidence);
	assert_int_equal(evidence_parse(span_of(&made.body), &h->evidence, NULL), OK);
	certify_key(h);
}

/* The verifier's answer to that evidence; a test may spoil any of it. */
static void fill_verdict(struct host *h, enum node_state state, int64_t lifetime_s,
			 struct verdict *v)
{
	int64_t now = (int64_t)time(NULL);

	*v = (struct verdict){ .node = h->node,
			       .state = state,
			       .issued = now,
			       .generation = digest_filled(DIGEST_SHA256, 0) };
	assert_int_equal(bytes_copy(span_of(&h->nonce), &v->nonce), OK);
	assert_int_equal(bytes_copy(name_span(&h->key), &v->minting_key), OK);
	if (state != NODE_TRUSTED)
		return;
	v->expires = now + lifetime_s;
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&h->certificate), &v->certificate), OK);
	assert_int_equal(bytes_append(&v->trust_domain, span_text("example.org")), OK);
	assert_int_equal(bytes_append(&v->entitlements[0], span_text("spiffe://example.org/web/*")),
			 OK);
	v->entitlement_count = 1;
}

static enum status give(struct host *h, const struct verdict *v, EVP_PKEY *key, int64_t *expires)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };

	*expires = 0;
	assert_int_equal(verdict_write(v, &text), OK);
	sign_with(key, span_of(&text), &signature);

	enum status status = broker_verdict(
		&h->agent, span_of(&text), span_of(&signature),
		v->state == NODE_TRUSTED ? span_of(&h->certificate) : (struct span){ 0 }, expires);

	if (status == OK && *expires > 0)
		h->expires = *expires;
	return status;
}

/* A whole round that ends like this. */
static void attest(struct host *h, enum node_state state, int64_t lifetime_s)
{
	AUTO_DONE(verdict) v = { 0 };
	int64_t expires = 0;

	next_evidence(h);
	fill_verdict(h, state, lifetime_s, &v);
	if (give(h, &v, h->verifier.result, &expires) != OK)
		fail_msg("verdict: %s", h->agent.reason);
	assert_int_equal(expires, v.expires);
}

/* What the mint would hold; where there is no right, what it would like to. */
static void open_grant(struct host *h, struct grant *out)
{
	AUTO_DONE(verdict) v = { 0 };

	fill_verdict(h, NODE_TRUSTED, GRANT_S, &v);
	/* A second later by now, perhaps: the right has no longer end for it. */
	if (h->expires > v.issued)
		v.expires = h->expires;
	assert_int_equal(grant_take(&v, span_of(&h->certificate), (int64_t)time(NULL), out), OK);
}

/* As the mint asks; STATUS_IO where the broker ended. */
static enum status ask_to_sign(struct host *h, struct span tbs)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);
	assert_int_equal(writer_end(&w), OK);
	if (channel_call(&h->mint, FRAME_MINT_SIGN, ++h->next_id, span_of(&body),
			 SERVICE_PATIENCE_MS, &frame) != OK)
		return STATUS_IO;

	struct reader r = reader_over(frame.body);

	if (frame.type == FRAME_REFUSED)
		return (enum status)reader_be16(&r);
	assert_int_equal(frame.type, FRAME_ANSWER);
	assert_true(reader_sized(&r, SIGNATURE_MAX).len > 0);
	return OK;
}

static void make_svid(struct host *h, struct svid *out)
{
	AUTO_DONE(grant) grant = { 0 };

	open_grant(h, &grant);
	assert_int_equal(svid_make(&grant, SPIFFE_ID, (int64_t)time(NULL), out), OK);
}

static void expect_signed(struct host *h, enum status wanted)
{
	AUTO_DONE(svid) svid = { 0 };

	make_svid(h, &svid);
	assert_int_equal(ask_to_sign(h, span_of(&svid.tbs)), wanted);
}

/* The cap PCR's value now. */
static struct digest cap_value(struct host *h)
{
	struct digest value;

	next_evidence(h);
	assert_int_equal(h->evidence.pcr_count, 2);
	assert_int_equal(digest_from(DIGEST_SHA256, span_of(&h->evidence.pcrs[1]), &value), OK);
	return value;
}

/* --- what a mint may have signed ------------------------------------------- */

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
	attest(&h, NODE_TRUSTED, GRANT_S);
	make_svid(&h, &svid);
	for (size_t i = 0; i < sizeof(spoils) / sizeof(spoils[0]); i++) {
		AUTO(X509) x = open_tbs(span_of(&svid.tbs));
		uint8_t *der = NULL;

		spoils[i].spoil(&h, x);

		int len = i2d_re_X509_tbs(x, &der);

		assert_true(len > 0);
		if (ask_to_sign(&h, (struct span){ der, (size_t)len }) != STATUS_DENIED)
			fail_msg("%s was signed", spoils[i].what);
		OPENSSL_free(der);
	}
	/* All of that changed nothing. */
	assert_int_equal(ask_to_sign(&h, span_of(&svid.tbs)), OK);
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
	attest(&h, NODE_TRUSTED, GRANT_S);
	make_svid(&h, &svid);
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
		if (ask_to_sign(&h, others[i]) != STATUS_DENIED)
			fail_msg("number %zu was signed", i);
	assert_int_equal(ask_to_sign(&h, span_of(&svid.tbs)), OK);
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
	next_evidence(&h);
	expect_signed(&h, STATUS_DENIED); /* none yet */
	attest(&h, NODE_TRUSTED, GRANT_S);
	expect_signed(&h, OK);
	attest(&h, NODE_UNTRUSTED, 0);
	expect_signed(&h, STATUS_DENIED); /* lost */
}

/* --- what stands in the network -------------------------------------------- */

static void s09_a_captured_front_forges_no_verdict(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO_DONE(verdict) v = { 0 };
	AUTO(EVP_PKEY) own = EVP_EC_gen("P-256");
	int64_t expires;
	(void)state;

	host_init(&h);
	next_evidence(&h);
	fill_verdict(&h, NODE_TRUSTED, GRANT_S, &v);
	/* By a key of its own; by the CA's, which is no result key. */
	assert_int_equal(give(&h, &v, own, &expires), STATUS_MISMATCH);
	assert_int_equal(give(&h, &v, h.verifier.minting, &expires), STATUS_MISMATCH);
	expect_signed(&h, STATUS_DENIED);
	/* Well signed, for another node, another question, another key. */
	v.node.value[0] ^= 1;
	assert_int_equal(give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.node.value[0] ^= 1;
	v.nonce.data[0] ^= 1;
	assert_int_equal(give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.nonce.data[0] ^= 1;
	v.minting_key.data[5] ^= 1;
	assert_int_equal(give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	v.minting_key.data[5] ^= 1;
	expect_signed(&h, STATUS_DENIED);
	/* The genuine one counts once. */
	assert_int_equal(give(&h, &v, h.verifier.result, &expires), OK);
	expect_signed(&h, OK);
	assert_int_equal(give(&h, &v, h.verifier.result, &expires), STATUS_MISMATCH);
	expect_signed(&h, OK);
}

/* Without the result key nothing that the TPM holds is spent. */
static void s09_a_captured_front_spends_no_cap(void **state)
{
	AUTO_DONE(host) h = { 0 };
	AUTO(EVP_PKEY) own = EVP_EC_gen("P-256");
	(void)state;

	host_init(&h);

	struct digest before = cap_value(&h);

	for (size_t i = 0; i < 4; i++) {
		AUTO_DONE(verdict) v = { 0 };
		int64_t expires;

		attest(&h, NODE_TRUSTED, GRANT_S);
		next_evidence(&h);
		fill_verdict(&h, NODE_UNTRUSTED, 0, &v);
		assert_int_equal(give(&h, &v, own, &expires), STATUS_MISMATCH);
		/* What an unsigned "node-quarantined" makes the agent ask for. */
		assert_int_equal(broker_drop(&h.agent), OK);
		expect_signed(&h, STATUS_DENIED);
	}

	struct digest after = cap_value(&h);

	assert_true(digest_equal(&before, &after));
	attest(&h, NODE_TRUSTED, GRANT_S);
	expect_signed(&h, OK);
}

/* Evidence that it spoilt earns honest, signed verdicts against the node: they
 * end rights, and leave the node a way back. */
static void s09_spoilt_evidence_does_not_use_up_the_caps(void **state)
{
	AUTO_DONE(host) h = { 0 };
	size_t caps = 0;
	(void)state;

	host_init(&h);

	struct digest last = cap_value(&h);

	for (size_t i = 0; i < 24; i++) {
		attest(&h, NODE_TRUSTED, GRANT_S);
		attest(&h, NODE_UNTRUSTED, 0);
		expect_signed(&h, STATUS_DENIED);

		struct digest now = cap_value(&h);

		caps += !digest_equal(&last, &now);
		last = now;
	}
	assert_true(caps > 0 && caps <= CAPS_ACCEPTED / 4);
	attest(&h, NODE_TRUSTED, GRANT_S);
	expect_signed(&h, OK);
}

/* --- nobody answers --------------------------------------------------------- */

static void s14_a_right_that_nobody_renews_ends_by_itself(void **state)
{
	AUTO_DONE(host) h = { 0 };
	(void)state;

	host_init(&h);

	struct digest before = cap_value(&h);

	attest(&h, NODE_TRUSTED, 2);
	sleep_ms(3100);
	expect_signed(&h, STATUS_DENIED);

	/* Unreachable is not untrusted: nothing is capped, and the next verdict
	 * brings everything back. */
	struct digest after = cap_value(&h);

	assert_true(digest_equal(&before, &after));
	attest(&h, NODE_TRUSTED, GRANT_S);
	expect_signed(&h, OK);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(s09_a_captured_front_forges_no_verdict),
	cmocka_unit_test(s09_a_captured_front_spends_no_cap),
	cmocka_unit_test(s09_spoilt_evidence_does_not_use_up_the_caps),
	cmocka_unit_test(s14_a_right_that_nobody_renews_ends_by_itself),
	cmocka_unit_test(s17_a_captured_mint_has_nothing_signed_but_a_leaf_of_the_grant),
	cmocka_unit_test(s17_a_captured_mint_has_no_other_bytes_signed),
	cmocka_unit_test(s17_a_captured_mint_has_one_verb),
	cmocka_unit_test(s17_nothing_is_signed_without_a_right),
};

ATTACKS_MAIN_WITH(tests, start_swtpm, stop_swtpm)
