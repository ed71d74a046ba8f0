/* SPDX-License-Identifier: Apache-2.0 */
#include "../unit/unit.h"

#include "broker_life.h"

#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/mint/identity/svid.h"
#include "attestd/subject.h"
#include "attestd_grant.h"
#include "base/reader.h"
#include "base/writer.h"
#include "broker_answers.h"
#include "broker_process.h"
#include "daemon/role.h"
#include "messages/limits.h"
#include "tpm/credential.h"

#define SELECT 0x6fffu /* 0-11, 13, 14 */
#define POLICY ((uint32_t)(1 << 4 | 1 << 7 | 1 << 14))
#define SPIFFE_ID "spiffe://example.org/web/1"
#define TPM_TIMEOUT_S 2
#define END_WAIT_US 60000000
#define PAUSE_US 20000

/* --- the process ---------------------------------------------------------- */

static void write_configuration(struct broker_life *life)
{
	const char *sources = getenv("srcdir");
	char data[4096], more[8704];

	(void)snprintf(data, sizeof(data), "%s/tests/data/sb-exec-policy",
		       sources != NULL ? sources : ".");
	(void)snprintf(life->configuration, sizeof(life->configuration), "%s/attestd.conf",
		       life->directory);
	(void)snprintf(more, sizeof(more),
		       "[tpm]\ntcti = swtpm:host=127.0.0.1,port=%u\ntimeout_s = %d\n"
		       "[logs]\nboot_log = %s/boot_log.bin\nima_log = %s/ima.bin\n"
		       "ima_count = none\n[broker]\njournal = %s/journal\n",
		       life->port, TPM_TIMEOUT_S, data, data, life->directory);
	broker_process_configure(life->directory, life->result_key, more);
}

void broker_life_init(struct broker_life *life, uint16_t port)
{
	*life = (struct broker_life){ .port = port };
	assert_non_null(mkdtemp(scratch_name(life->directory, "faults")));
	life->result_key = EVP_EC_gen("P-256");
	life->ca_key = EVP_EC_gen("P-256");
	assert_non_null(life->result_key);
	assert_non_null(life->ca_key);
	channel_init(&life->agent.channel, -1, FRAME_LARGE_MAX);
	channel_init(&life->mint, -1, FRAME_SMALL_MAX);
	write_configuration(life);
}

void broker_life_done(struct broker_life *life)
{
	char command[SCRATCH_MAX + 16];

	broker_life_stop(life);
	broker_identity_done(&life->golden);
	EVP_PKEY_free(life->result_key);
	EVP_PKEY_free(life->ca_key);
	(void)snprintf(command, sizeof(command), "rm -rf %s", life->directory);
	assert_int_equal(system(command), 0);
}

/* The installed program, with a log of its own. */
static int run_program(const void *self)
{
	const struct broker_life *life = self;
	const char *build = getenv("builddir");
	char program[4096], log[SCRATCH_MAX + 16];

	(void)snprintf(program, sizeof(program), "%s/attestd/roles/broker",
		       build != NULL ? build : ".");
	(void)snprintf(log, sizeof(log), "%s/broker.log", life->directory);
	if (freopen(log, "a", stderr) == NULL)
		return 99;
	(void)execl(program, "attestd", "--role", "broker", "--config", life->configuration,
		    (char *)NULL);
	return 98;
}

void broker_life_start(struct broker_life *life)
{
	life->agent = (struct broker_client){ 0 };
	life->pid = broker_process_start(&life->agent.channel, &life->mint, run_program, life);
}

void broker_life_stop(struct broker_life *life)
{
	if (life->pid > 0) {
		(void)kill(life->pid, SIGKILL);
		(void)waitpid(life->pid, NULL, 0);
	}
	life->pid = 0;
	channel_done(&life->agent.channel);
	channel_done(&life->mint);
	grant_done(&life->grant);
	bytes_done(&life->minting_public);
	bytes_done(&life->certificate);
	broker_identity_done(&life->identity);
}

void broker_life_is_on(struct broker_life *life)
{
	int how;

	if (life->ended_by != 0 || waitpid(life->pid, &how, WNOHANG) != life->pid)
		return;
	life->pid = 0;
	fail_msg("%s: the broker ended (%s %d)", life->scene,
		 WIFSIGNALED(how) ? "signal" : "status",
		 WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
}

bool broker_life_has_ended(struct broker_life *life)
{
	for (unsigned waited = 0; waited < END_WAIT_US; waited += PAUSE_US) {
		int how;

		if (waitpid(life->pid, &how, WNOHANG) == life->pid) {
			life->pid = 0;
			if (life->ended_by != 0 && WIFSIGNALED(how)) {
				assert_int_equal(WTERMSIG(how), life->ended_by);
				return true;
			}
			assert_true(WIFEXITED(how));
			assert_int_equal(WEXITSTATUS(how), 1);
			return true;
		}
		(void)usleep(PAUSE_US);
	}
	return false;
}

/* --- the steps of a life ------------------------------------------------------ */

enum status life_identity(struct broker_life *life)
{
	struct broker_identity got = { 0 };
	enum status status = broker_identity(&life->agent, true, &got);

	if (status != OK)
		return status;
	broker_identity_done(&life->identity);
	life->identity = got;
	if (life->golden.enrolment.ak_public.len > 0)
		answer_is_same_host(&got, &life->golden, life->scene);
	return OK;
}

static void make_credential_for(const struct broker_life *life, struct span secret,
				struct enrolment_answer *out)
{
	struct public_area area;
	struct name ak;
	struct credential_random random = { 0 };
	AUTO(EVP_PKEY) ephemeral = NULL;
	AUTO(EVP_PKEY) ek = answer_key(span_of(&life->identity.enrolment.ek_public), &area);

	assert_int_equal(RAND_bytes(random.seed, sizeof(random.seed)), 1);
	assert_int_equal(RAND_bytes(random.oaep, sizeof(random.oaep)), 1);
	if (area.type == TPM_ALG_ECC)
		ephemeral = EVP_EC_gen(area.curve == TPM_CURVE_P384 ? "P-384" : "P-256");
	random.ephemeral = ephemeral;
	assert_int_equal(public_area_name(span_of(&life->identity.enrolment.ak_public), &ak), OK);
	assert_int_equal(make_credential(ek, area.name_alg, area.symmetric_bits, name_span(&ak),
					 secret, &random, &out->id_object, &out->encrypted_secret),
			 OK);
}

static struct span nonce_of(const struct broker_life *life)
{
	return (struct span){ life->nonce, sizeof(life->nonce) };
}

static void new_challenge(struct broker_life *life, struct attestation_challenge *out)
{
	assert_int_equal(RAND_bytes(life->nonce, sizeof(life->nonce)), 1);
	*out = (struct attestation_challenge){ .bank = DIGEST_SHA256,
					       .select = SELECT,
					       .policy_pcrs = POLICY,
					       .cap = LIFE_CAP,
					       .want_certify = true };
	assert_int_equal(bytes_copy(nonce_of(life), &out->nonce), OK);
}

enum status life_activate(struct broker_life *life)
{
	AUTO_DONE(enrolment_answer) answer = { 0 };
	AUTO_DONE(broker_activation) made = { 0 };
	uint8_t secret[32];

	assert_int_equal(RAND_bytes(secret, sizeof(secret)), 1);
	make_credential_for(life, (struct span){ secret, sizeof(secret) }, &answer);
	new_challenge(life, &answer.challenge);

	enum status status = broker_activate(&life->agent, &answer, &made);

	if (status != OK)
		return status;
	assert_true(span_equal(span_of(&made.secret), (struct span){ secret, sizeof(secret) }));
	answer_is_signed(span_of(&made.attest), span_of(&made.signature),
			 span_of(&life->identity.enrolment.ak_public));
	return OK;
}

enum status life_evidence(struct broker_life *life)
{
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	AUTO_DONE(broker_evidence) got = { 0 };
	AUTO_DONE(evidence) e = { 0 };
	const struct digest none = { 0 };

	new_challenge(life, &challenge);

	enum status status = broker_evidence(&life->agent, &challenge, &none, &got);

	if (status != OK)
		return status;
	assert_int_equal(evidence_parse(span_of(&got.body), &e, NULL), OK);
	answer_is_quote(&e, span_of(&life->identity.enrolment.ak_public), SELECT, nonce_of(life));
	answer_is_certify(&e, span_of(&life->identity.enrolment.ak_public));
	assert_true(e.has_ima_log);
	bytes_done(&life->minting_public);
	life->minting_public = e.minting_public;
	e.minting_public = (struct bytes){ 0 };
	return OK;
}

/* Over what the last evidence held: the answer to it that ends a right. */
static void make_refusal(const struct broker_life *life, struct bytes *text,
			 struct bytes *signature)
{
	struct verdict v = { .state = NODE_UNTRUSTED,
			     .node = life->identity.node,
			     .issued = (int64_t)time(NULL),
			     .cap = LIFE_CAP,
			     .generation = digest_filled(DIGEST_SHA256, 0) };

	assert_int_equal(bytes_copy(nonce_of(life), &v.nonce), OK);
	assert_int_equal(verdict_write(&v, text), OK);
	sign_with(life->result_key, span_of(text), signature);
	verdict_done(&v);
}

static void make_verdict(struct broker_life *life, struct bytes *text, struct bytes *signature)
{
	struct verdict v = { .state = NODE_TRUSTED,
			     .node = life->identity.node,
			     .issued = (int64_t)time(NULL),
			     .expires = (int64_t)time(NULL) + LIFETIME_S,
			     .cap = LIFE_CAP,
			     .generation = digest_filled(DIGEST_SHA256, 0),
			     .entries = digest_filled(DIGEST_SHA256, 0),
			     .entitlement_count = 1 };
	struct public_area area;
	struct name name;
	AUTO(EVP_PKEY) key = answer_key(span_of(&life->minting_public), &area);

	bytes_done(&life->certificate);
	certify_minting_key(key, life->ca_key, (int64_t)time(NULL), &life->certificate);
	assert_int_equal(public_area_name(span_of(&life->minting_public), &name), OK);
	assert_int_equal(bytes_copy(nonce_of(life), &v.nonce), OK);
	assert_int_equal(bytes_copy(name_span(&name), &v.minting_key), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&life->certificate), &v.certificate), OK);
	assert_int_equal(bytes_append(&v.trust_domain, span_text("example.org")), OK);
	assert_int_equal(bytes_append(&v.entitlements[0], span_text("spiffe://example.org/web/*")),
			 OK);
	/* Of a verifier newer than the broker. */
	assert_int_equal(bytes_append(&v.extras, span_text("extra later 1\n")), OK);
	assert_int_equal(verdict_write(&v, text), OK);
	sign_with(life->result_key, span_of(text), signature);
	verdict_done(&v);
}

enum status life_verdict(struct broker_life *life)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(verdict) opened = { 0 };
	int64_t expires = 0;

	make_verdict(life, &text, &signature);

	enum status status = broker_verdict(&life->agent, span_of(&text), span_of(&signature),
					    span_of(&life->certificate), &expires);

	if (status != OK)
		return status;
	assert_true(expires > (int64_t)time(NULL));
	grant_done(&life->grant);
	assert_int_equal(
		verdict_open(span_of(&text), span_of(&signature), life->result_key, &opened), OK);
	assert_int_equal(
		grant_take(&opened, span_of(&life->certificate), (int64_t)time(NULL), &life->grant),
		OK);
	return OK;
}

/* The mint's one question; der is empty where it was refused. */
static enum status ask_signature(struct broker_life *life, struct span tbs, struct bytes *der)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);
	subject_put(&w, &(struct subject){ .reason = span_text(SUBJECT_ASKED) });
	assert_int_equal(writer_end(&w), OK);
	if (channel_call(&life->mint, FRAME_MINT_SIGN, ++life->agent.next_id, span_of(&body), 60000,
			 &frame) != OK)
		return STATUS_IO;

	struct reader r = reader_over(frame.body);

	if (frame.type == FRAME_ANSWER) {
		assert_int_equal(bytes_copy(reader_sized(&r, SIGNATURE_MAX), der), OK);
		return reader_end(&r);
	}

	enum status status = (enum status)reader_be16(&r);
	struct span reason = reader_sized(&r, UINT16_MAX);

	(void)snprintf(life->agent.reason, sizeof(life->agent.reason), "%.*s", (int)reason.len,
		       (const char *)reason.data);
	return status == STATUS_IO ? STATUS_UNAVAILABLE : status;
}

enum status life_mint_sign(struct broker_life *life)
{
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	struct public_area area;

	assert_int_equal(svid_make(&life->grant, SPIFFE_ID, (int64_t)time(NULL), &svid), OK);

	enum status status = ask_signature(life, span_of(&svid.tbs), &der);

	if (status != OK)
		return status;

	AUTO(EVP_PKEY) key = answer_key(span_of(&life->minting_public), &area);

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, der.data, der.len, svid.tbs.data, svid.tbs.len), 1);
	return OK;
}

static void assert_nothing_is_signed(struct broker_life *life)
{
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	char reason[sizeof(life->agent.reason)];

	memcpy(reason, life->agent.reason, sizeof(reason));
	assert_int_equal(svid_make(&life->grant, SPIFFE_ID, (int64_t)time(NULL), &svid), OK);
	assert_int_equal(ask_signature(life, span_of(&svid.tbs), &der), STATUS_DENIED);
	assert_int_equal(der.len, 0);
	/* Why the cap failed is what the caller reads. */
	memcpy(life->agent.reason, reason, sizeof(reason));
}

enum status life_refuse(struct broker_life *life)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	int64_t expires = 0;

	make_refusal(life, &text, &signature);

	enum status status = broker_verdict(&life->agent, span_of(&text), span_of(&signature),
					    (struct span){ 0 }, &expires);

	assert_int_equal(expires, 0);
	if (status != STATUS_IO)
		assert_nothing_is_signed(life);
	return status;
}

enum status life_cap(struct broker_life *life)
{
	enum status status = life_evidence(life);

	return status == OK ? life_refuse(life) : status;
}
