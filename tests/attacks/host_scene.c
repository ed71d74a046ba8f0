/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include "host_scene.h"

#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/broker/broker.h"
#include "attestd/subject.h"
#include "base/text.h"
#include "broker_process.h"
#include "daemon/file.h"
#include "daemon/role.h"
#include "service_scene.h"

#define BOTH_CAPS (1u << HOST_CAP | 1u << HOST_OTHER_CAP)

static char top[128];
static char tcti[128];
static pid_t swtpm;

static const char *source_directory(void)
{
	const char *given = getenv("srcdir");

	return given == NULL ? "." : given;
}

int host_start_tpm(void **state)
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

int host_stop_tpm(void **state)
{
	const char *const argv[] = { "rm", "-rf", top, NULL };
	(void)state;

	if (swtpm > 0)
		(void)kill(swtpm, SIGTERM);
	return run_to_file(argv, "/dev/null");
}

static void write_configuration(struct host *h)
{
	char more[1024];

	(void)snprintf(h->configuration, sizeof(h->configuration), "%s/attestd.conf", top);
	(void)snprintf(more, sizeof(more),
		       "[tpm]\ntcti = %s\n[logs]\nboot_log = %s/none\nima_log = %s/none\n"
		       "ima_count = none\n[broker]\njournal = %s/journal\n",
		       tcti, top, top, top);
	broker_process_configure(top, h->verifier.result, more);
}

bool host_measure(struct span log, const struct digest *extended)
{
	char path[192];

	(void)snprintf(path, sizeof(path), "%s/none", top);
	assert_int_equal(file_replace(path, log, 0600, (uid_t)-1, (gid_t)-1), OK);
	return host_extend(IMA_PCR, extended);
}

bool host_extend(unsigned pcr, const struct digest *with)
{
	AUTO_DONE(bytes) what = { 0 };

	assert_int_equal(bytes_printf(&what, "%u:sha256=", pcr), OK);
	assert_int_equal(hex_append(&what, digest_span(with)), OK);
	assert_int_equal(bytes_append_byte(&what, 0), OK);

	const char *const argv[] = { "tpm2_pcrextend", "-T", tcti, (const char *)what.data, NULL };

	return run_to_file(argv, "/dev/null") == 0;
}

void host_spoil_journal(bool is_spoilt)
{
	const char *const argv[] = { "sh", "-c",
				     is_spoilt ? "rm -r \"$0/journal\" && touch \"$0/journal\""
					       : "rm \"$0/journal\"",
				     top, NULL };

	assert_int_equal(run_to_file(argv, "/dev/null"), 0);
}

static int run_broker(const void *self)
{
	const struct host *h = self;

	role_begin("broker", BROKER_FDS);
	return broker_run(h->configuration);
}

void host_init(struct host *h)
{
	AUTO_DONE(broker_identity) identity = { 0 };

	if (swtpm == 0)
		skip();
	*h = (struct host){ .asked_cap = HOST_CAP };
	granted_init_at(&h->verifier, (int64_t)time(NULL));
	write_configuration(h);
	h->broker = broker_process_start(&h->agent.channel, &h->mint, run_broker, h);
	assert_int_equal(broker_identity(&h->agent, false, &identity), OK);
	assert_true(identity.has_node);
	h->node = identity.node;
}

void host_done(struct host *h)
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

void host_evidence(struct host *h)
{
	AUTO_DONE(attestation_challenge)
	challenge = { .bank = DIGEST_SHA256,
		      .select = 1u << 7 | BOTH_CAPS | (h->is_measuring ? 1u << IMA_PCR : 0),
		      /* One and the same key, whichever of the two is called the cap. */
		      .policy_pcrs = 1u << 7 | (BOTH_CAPS & ~(1u << h->asked_cap)),
		      .cap = (uint8_t)h->asked_cap,
		      .want_certify = true };
	AUTO_DONE(broker_evidence) made = { 0 };
	const struct digest none = { 0 };
	uint8_t nonce[32] = { 0 };

	nonce[0] = ++h->nonces;
	bytes_done(&h->nonce);
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &h->nonce), OK);
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &challenge.nonce), OK);
	if (broker_evidence(&h->agent, &challenge, &none, &made) != OK)
		fail_msg("evidence: %s", h->agent.reason);
	evidence_done(&h->evidence);
	assert_int_equal(evidence_parse(span_of(&made.body), &h->evidence, NULL), OK);
	certify_key(h);
}

void host_fill_verdict(struct host *h, enum node_state state, int64_t lifetime_s, struct verdict *v)
{
	int64_t now = (int64_t)time(NULL);

	*v = (struct verdict){ .node = h->node,
			       .state = state,
			       .issued = now,
			       .cap = HOST_CAP,
			       .generation = digest_filled(DIGEST_SHA256, 0) };
	assert_int_equal(bytes_copy(span_of(&h->nonce), &v->nonce), OK);
	assert_int_equal(bytes_copy(name_span(&h->key), &v->minting_key), OK);
	if (state != NODE_TRUSTED)
		return;
	v->expires = now + lifetime_s;
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&h->certificate), &v->certificate), OK);
	v->entries = digest_filled(DIGEST_SHA256, 0);
	assert_int_equal(bytes_append(&v->trust_domain, span_text("example.org")), OK);
	assert_int_equal(bytes_append(&v->entitlements[0], span_text("spiffe://example.org/web/*")),
			 OK);
	v->entitlement_count = 1;
}

enum status host_give(struct host *h, const struct verdict *v, EVP_PKEY *key, int64_t *expires)
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

void host_attest(struct host *h, enum node_state state, int64_t lifetime_s)
{
	AUTO_DONE(verdict) v = { 0 };
	int64_t expires = 0;

	host_evidence(h);
	host_fill_verdict(h, state, lifetime_s, &v);
	if (host_give(h, &v, h->verifier.result, &expires) != OK)
		fail_msg("verdict: %s", h->agent.reason);
	assert_int_equal(expires, v.expires);
}

/* What the mint would hold; where there is no right, what it would like to. */
static void open_grant(struct host *h, struct grant *out)
{
	AUTO_DONE(verdict) v = { 0 };

	host_fill_verdict(h, NODE_TRUSTED, GRANT_S, &v);
	/* A second later by now, perhaps: the right has no longer end for it. */
	if (h->expires > v.issued)
		v.expires = h->expires;
	assert_int_equal(grant_take(&v, span_of(&h->certificate), (int64_t)time(NULL), out), OK);
}

enum status host_ask_to_sign(struct host *h, struct span tbs)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);
	subject_put(&w, &(struct subject){ .reason = span_text(SUBJECT_ASKED) });
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

void host_make_svid(struct host *h, struct svid *out)
{
	AUTO_DONE(grant) grant = { 0 };

	open_grant(h, &grant);
	assert_int_equal(svid_make(&grant, SPIFFE_ID, (int64_t)time(NULL), out), OK);
}

void host_expect_signed(struct host *h, enum status wanted)
{
	AUTO_DONE(svid) svid = { 0 };

	host_make_svid(h, &svid);
	assert_int_equal(host_ask_to_sign(h, span_of(&svid.tbs)), wanted);
}

static struct digest quoted(struct host *h, size_t at)
{
	struct digest value;

	host_evidence(h);
	assert_int_equal(h->evidence.pcr_count, 3);
	assert_int_equal(digest_from(DIGEST_SHA256, span_of(&h->evidence.pcrs[at]), &value), OK);
	return value;
}

struct digest host_cap(struct host *h)
{
	return quoted(h, 1);
}

struct digest host_other_cap(struct host *h)
{
	return quoted(h, 2);
}
