/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker, as the process it is, between an agent and a mint that are ours and
 * a TPM that fails: each fault of the table at each command in turn of what a
 * node does from its first identity to the end of its right. It never ends by
 * itself but where it says so, never claims what is not so, names what failed,
 * goes on as soon as the fault is over, and leaves nothing behind in the TPM.
 * The software TPM's port stands in ATTESTD_TEST_TPM_PORT; ATTESTD_TEST_FAULTS=all
 * crosses every fault with every command instead of with one of each kind.
 */
#include "../unit/unit.h"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "attestd/agent/broker_client.h"
#include "attestd/mint/svid.h"
#include "attestd_grant.h"
#include "base/reader.h"
#include "base/writer.h"
#include "daemon/role.h"
#include "messages/evidence.h"
#include "messages/limits.h"
#include "scratch.h"
#include "tpm/attest.h"
#include "tpm/credential.h"
#include "tpm/policy_digest.h"
#include "tpm/signature.h"
#include "tpm_proxy.h"

#define SELECT 0x6fffu /* 0-11, 13, 14 */
#define POLICY ((uint32_t)(1 << 4 | 1 << 7 | 1 << 14))
#define CAP 13
#define SPIFFE_ID "spiffe://example.org/web/1"
#define TRIES 12
#define PAUSE_US 20000
/* A fault that lasts ends after this many refusals. */
#define LASTS 2
#define END_WAIT_US 4000000
#define TIDY_WAIT_US 400000
#define TPM_TIMEOUT_S 2

static char top[SCRATCH_MAX];
static char configuration[128], boot_log[4200], ima_log[4200];
static struct tpm_proxy proxy;
static struct broker_client agent;
static struct channel mint;
static pid_t broker;
static EVP_PKEY *result_key, *ca_key;

/* What the node said of itself, and what it was given: one life. */
static struct broker_identity identity;
static struct broker_identity golden;
static struct bytes minting_public, certificate;
static struct grant grant;
static uint8_t nonce[16];
static char refusal[320];
static unsigned refusals;
static const char *scene = "";

/* --- the process ---------------------------------------------------------- */

static void write_configuration(void)
{
	char key[128];
	FILE *file;

	(void)snprintf(configuration, sizeof(configuration), "%s/attestd.conf", top);
	(void)snprintf(key, sizeof(key), "%s/result.pem", top);
	file = fopen(key, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, result_key), 1);
	assert_int_equal(fclose(file), 0);
	file = fopen(configuration, "w");
	assert_non_null(file);
	(void)fprintf(file,
		      "[verifier]\nurl = https://localhost\nca_file = %s\nresult_key = %s\n"
		      "[tpm]\ntcti = swtpm:host=127.0.0.1,port=%u\ntimeout_s = %d\n"
		      "[logs]\nboot_log = %s\nima_log = %s\nima_count = none\n",
		      key, key, proxy.port, TPM_TIMEOUT_S, boot_log, ima_log);
	assert_int_equal(fclose(file), 0);
}

static void start_broker(void)
{
	const char *build = getenv("builddir");
	int to_agent[2], to_mint[2];
	char program[4096], log[128];

	(void)snprintf(program, sizeof(program), "%s/attestd/roles/broker",
		       build != NULL ? build : ".");
	(void)snprintf(log, sizeof(log), "%s/broker.log", top);
	assert_int_equal(channel_pair(to_agent), OK);
	assert_int_equal(channel_pair(to_mint), OK);
	broker = fork();
	assert_true(broker >= 0);
	if (broker == 0) {
		/* Above the range first: a pair may lie in it. */
		int moved[BROKER_FDS] = { dup2(to_agent[1], 40), dup2(to_mint[1], 41) };

		if (freopen(log, "a", stderr) == NULL ||
		    dup2(moved[0], ROLE_FD_FIRST + BROKER_AGENT) < 0 ||
		    dup2(moved[1], ROLE_FD_FIRST + BROKER_MINT) < 0)
			_exit(99);
		(void)execl(program, "attestd", "--role", "broker", "--config", configuration,
			    (char *)NULL);
		_exit(98);
	}
	(void)close(to_agent[1]);
	(void)close(to_mint[1]);
	agent = (struct broker_client){ 0 };
	channel_init(&agent.channel, to_agent[0], FRAME_LARGE_MAX);
	channel_init(&mint, to_mint[0], FRAME_SMALL_MAX);
}

static void stop_broker(void)
{
	if (broker > 0) {
		(void)kill(broker, SIGKILL);
		(void)waitpid(broker, NULL, 0);
	}
	broker = 0;
	channel_done(&agent.channel);
	channel_done(&mint);
	grant_done(&grant);
	bytes_done(&minting_public);
	bytes_done(&certificate);
	broker_identity_done(&identity);
}

/* It may end where a TPM does not answer; never by a signal. */
static void assert_alive(const char *when)
{
	int how;

	if (waitpid(broker, &how, WNOHANG) != broker)
		return;
	broker = 0;
	fail_msg("%s: the broker ended (%s %d)", when, WIFSIGNALED(how) ? "signal" : "status",
		 WIFSIGNALED(how) ? WTERMSIG(how) : WEXITSTATUS(how));
}

/* --- what each answer must be ---------------------------------------------- */

static EVP_PKEY *key_of(struct span public_area, struct public_area *area)
{
	EVP_PKEY *key = NULL;

	assert_int_equal(public_area_parse(public_area, area), OK);
	assert_int_equal(public_area_key(area, &key), OK);
	return key;
}

static void assert_signed(struct span message, const struct bytes *signed_by,
			  struct span public_area)
{
	struct public_area area;
	struct signature signature;
	AUTO(EVP_PKEY) key = key_of(public_area, &area);

	assert_int_equal(signature_parse(span_of(signed_by), &signature), OK);
	assert_int_equal(signature_verify(&signature, area.scheme, area.scheme_hash, message, key),
			 OK);
}

static void assert_same(const struct bytes *a, const struct bytes *b)
{
	assert_true(span_equal(span_of(a), span_of(b)));
}

/* A fault must not make another host of this one. */
static void check_identity(void)
{
	if (golden.enrolment.ak_public.len == 0)
		return;
	if (!identity.has_node || identity.states != 0 ||
	    identity.enrolment.ek_index != golden.enrolment.ek_index ||
	    identity.reset_count != golden.reset_count ||
	    identity.enrolment.chain_count != golden.enrolment.chain_count)
		fail_msg("%s: another identity: states %u, EK 0x%08x, resetCount %u, chain of %zu",
			 scene, identity.states, identity.enrolment.ek_index, identity.reset_count,
			 identity.enrolment.chain_count);
	assert_same(&identity.enrolment.ek_certificate, &golden.enrolment.ek_certificate);
	assert_same(&identity.enrolment.ek_public, &golden.enrolment.ek_public);
	assert_same(&identity.enrolment.ak_public, &golden.enrolment.ak_public);
}

static void check_quote(const struct evidence *e)
{
	struct attest quote;
	struct pcr_values values;
	struct digest composite, extra;
	struct name name;
	size_t next = 0;

	assert_signed(span_of(&e->attest), &e->signature, span_of(&identity.enrolment.ak_public));
	assert_int_equal(attest_parse(span_of(&e->attest), ATTEST_QUOTE, &quote), OK);
	pcr_values_init(&values);
	for (unsigned pcr = 0; pcr < PCRS; pcr++) {
		struct digest value;

		if ((SELECT >> pcr & 1) == 0)
			continue;
		assert_true(next < e->pcr_count);
		assert_int_equal(digest_from(DIGEST_SHA256, span_of(&e->pcrs[next++]), &value), OK);
		assert_int_equal(pcr_value_set(&values, pcr, &value), OK);
	}
	assert_int_equal(pcr_composite(&quote.selection, &values, DIGEST_SHA256, &composite), OK);
	assert_true(span_equal(quote.pcr_digest, digest_span(&composite)));
	assert_int_equal(public_area_name(span_of(&e->minting_public), &name), OK);
	assert_int_equal(
		quote_extra_data((struct span){ nonce, sizeof(nonce) }, name_span(&name), &extra),
		OK);
	assert_true(span_equal(quote.extra_data, digest_span(&extra)));
}

static void check_certify(const struct evidence *e)
{
	struct attest certify;
	struct name name;

	assert_signed(span_of(&e->certify_attest), &e->certify_signature,
		      span_of(&identity.enrolment.ak_public));
	assert_int_equal(attest_parse(span_of(&e->certify_attest), ATTEST_CERTIFY, &certify), OK);
	assert_int_equal(public_area_name(span_of(&e->minting_public), &name), OK);
	assert_true(span_equal(certify.certified_name, name_span(&name)));
}

/* --- the steps of a life ------------------------------------------------------ */

static enum status step_identity(void)
{
	struct broker_identity got = { 0 };
	enum status status = broker_identity(&agent, true, &got);

	if (status != OK)
		return status;
	broker_identity_done(&identity);
	identity = got;
	check_identity();
	return OK;
}

static void make_credential_for(struct span secret, struct enrolment_answer *out)
{
	struct public_area area;
	struct name ak;
	struct credential_random random = { 0 };
	AUTO(EVP_PKEY) ephemeral = NULL;
	AUTO(EVP_PKEY) ek = key_of(span_of(&identity.enrolment.ek_public), &area);

	assert_int_equal(RAND_bytes(random.seed, sizeof(random.seed)), 1);
	assert_int_equal(RAND_bytes(random.oaep, sizeof(random.oaep)), 1);
	if (area.type == TPM_ALG_ECC)
		ephemeral = EVP_EC_gen(area.curve == TPM_CURVE_P384 ? "P-384" : "P-256");
	random.ephemeral = ephemeral;
	assert_int_equal(public_area_name(span_of(&identity.enrolment.ak_public), &ak), OK);
	assert_int_equal(make_credential(ek, area.name_alg, area.symmetric_bits, name_span(&ak),
					 secret, &random, &out->id_object, &out->encrypted_secret),
			 OK);
}

static void new_challenge(struct attestation_challenge *out)
{
	assert_int_equal(RAND_bytes(nonce, sizeof(nonce)), 1);
	*out = (struct attestation_challenge){ .bank = DIGEST_SHA256,
					       .select = SELECT,
					       .policy_pcrs = POLICY,
					       .cap = CAP,
					       .want_certify = true };
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &out->nonce), OK);
}

static enum status step_activate(void)
{
	AUTO_DONE(enrolment_answer) answer = { 0 };
	AUTO_DONE(broker_activation) made = { 0 };
	uint8_t secret[32];

	assert_int_equal(RAND_bytes(secret, sizeof(secret)), 1);
	make_credential_for((struct span){ secret, sizeof(secret) }, &answer);
	new_challenge(&answer.challenge);

	enum status status = broker_activate(&agent, &answer, &made);

	if (status != OK)
		return status;
	assert_true(span_equal(span_of(&made.secret), (struct span){ secret, sizeof(secret) }));
	assert_signed(span_of(&made.attest), &made.signature,
		      span_of(&identity.enrolment.ak_public));
	return OK;
}

static enum status step_evidence(void)
{
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	AUTO_DONE(broker_evidence) got = { 0 };
	AUTO_DONE(evidence) e = { 0 };

	new_challenge(&challenge);

	enum status status = broker_evidence(&agent, &challenge, &got);

	if (status != OK)
		return status;
	assert_int_equal(evidence_parse(span_of(&got.body), &e, NULL), OK);
	check_quote(&e);
	check_certify(&e);
	assert_true(e.has_ima_log);
	bytes_done(&minting_public);
	minting_public = e.minting_public;
	e.minting_public = (struct bytes){ 0 };
	return OK;
}

/* Over what the last evidence held: the answer to it that ends a right. */
static void make_refusal(struct bytes *text, struct bytes *signature)
{
	struct verdict v = { .state = NODE_UNTRUSTED,
			     .node = identity.node,
			     .issued = (int64_t)time(NULL),
			     .generation = digest_filled(DIGEST_SHA256, 0) };

	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &v.nonce), OK);
	assert_int_equal(verdict_write(&v, text), OK);
	sign_with(result_key, span_of(text), signature);
	verdict_done(&v);
}

static void make_verdict(struct bytes *text, struct bytes *signature)
{
	struct verdict v = { .state = NODE_TRUSTED,
			     .node = identity.node,
			     .issued = (int64_t)time(NULL),
			     .expires = (int64_t)time(NULL) + LIFETIME_S,
			     .generation = digest_filled(DIGEST_SHA256, 0),
			     .entitlement_count = 1 };
	struct public_area area;
	struct name name;
	AUTO(EVP_PKEY) key = key_of(span_of(&minting_public), &area);

	bytes_done(&certificate);
	certify_minting_key(key, ca_key, (int64_t)time(NULL), &certificate);
	assert_int_equal(public_area_name(span_of(&minting_public), &name), OK);
	assert_int_equal(bytes_copy((struct span){ nonce, sizeof(nonce) }, &v.nonce), OK);
	assert_int_equal(bytes_copy(name_span(&name), &v.minting_key), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&certificate), &v.certificate), OK);
	assert_int_equal(bytes_append(&v.trust_domain, span_text("example.org")), OK);
	assert_int_equal(bytes_append(&v.entitlements[0], span_text("spiffe://example.org/web/*")),
			 OK);
	assert_int_equal(verdict_write(&v, text), OK);
	sign_with(result_key, span_of(text), signature);
	verdict_done(&v);
}

static enum status step_verdict(void)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(verdict) opened = { 0 };
	int64_t expires = 0;

	make_verdict(&text, &signature);

	enum status status = broker_verdict(&agent, span_of(&text), span_of(&signature),
					    span_of(&certificate), &expires);

	if (status != OK)
		return status;
	assert_true(expires > (int64_t)time(NULL));
	grant_done(&grant);
	assert_int_equal(verdict_open(span_of(&text), span_of(&signature), result_key, &opened),
			 OK);
	assert_int_equal(grant_take(&opened, span_of(&certificate), (int64_t)time(NULL), &grant),
			 OK);
	return OK;
}

/* The mint's one question; der is empty where it was refused. */
static enum status ask_signature(struct span tbs, struct bytes *der)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);
	assert_int_equal(writer_end(&w), OK);
	if (channel_call(&mint, FRAME_MINT_SIGN, ++agent.next_id, span_of(&body), 60000, &frame) !=
	    OK)
		return STATUS_IO;

	struct reader r = reader_over(frame.body);

	if (frame.type == FRAME_ANSWER) {
		assert_int_equal(bytes_copy(reader_sized(&r, SIGNATURE_MAX), der), OK);
		return reader_end(&r);
	}

	enum status status = (enum status)reader_be16(&r);
	struct span reason = reader_sized(&r, UINT16_MAX);

	(void)snprintf(agent.reason, sizeof(agent.reason), "%.*s", (int)reason.len,
		       (const char *)reason.data);
	return status == STATUS_IO ? STATUS_UNAVAILABLE : status;
}

static enum status step_mint_sign(void)
{
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	struct public_area area;

	assert_int_equal(svid_make(&grant, SPIFFE_ID, (int64_t)time(NULL), &svid), OK);

	enum status status = ask_signature(span_of(&svid.tbs), &der);

	if (status != OK)
		return status;

	AUTO(EVP_PKEY) key = key_of(span_of(&minting_public), &area);

	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestVerify(ctx, der.data, der.len, svid.tbs.data, svid.tbs.len), 1);
	return OK;
}

/* No right any more, whatever the TPM says to the cap. */
static void assert_nothing_is_signed(void)
{
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) der = { 0 };

	assert_int_equal(svid_make(&grant, SPIFFE_ID, (int64_t)time(NULL), &svid), OK);
	assert_int_equal(ask_signature(span_of(&svid.tbs), &der), STATUS_DENIED);
	assert_int_equal(der.len, 0);
}

/* Evidence, and the verdict that it was bad. */
static enum status step_cap(void)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	int64_t expires = 0;
	enum status status = step_evidence();

	if (status != OK)
		return status;
	make_refusal(&text, &signature);
	status = broker_verdict(&agent, span_of(&text), span_of(&signature), (struct span){ 0 },
				&expires);
	assert_int_equal(expires, 0);

	char reason[sizeof(agent.reason)];

	memcpy(reason, agent.reason, sizeof(reason));
	if (status != STATUS_IO)
		assert_nothing_is_signed();
	memcpy(agent.reason, reason, sizeof(reason));
	return status;
}

/* --- the walk -------------------------------------------------------------- */

static const struct step {
	const char *name;
	enum status (*run)(void);
} steps[] = {
	{ "identity", step_identity },	 { "activate", step_activate },
	{ "evidence", step_evidence },	 { "verdict", step_verdict },
	{ "mint-sign", step_mint_sign }, { "cap", step_cap },
};
#define STEPS (sizeof(steps) / sizeof(*steps))

/* What failed, by name: a person who reads it knows where to look. */
static void assert_named(const char *what)
{
	if (strstr(refusal, "TPM2_") != NULL || strstr(refusal, "no TPM at") != NULL ||
	    strstr(refusal, "EK ") != NULL || strstr(refusal, "PCR") != NULL)
		return;
	fail_msg("%s: \"%s\" names no command", what, refusal);
}

static void pause_us(unsigned us)
{
	(void)usleep(us);
}

/* A hang ends the role, as documented, and the parent starts another. */
static bool has_ended(void)
{
	for (unsigned waited = 0; waited < END_WAIT_US; waited += PAUSE_US) {
		int how;

		if (waitpid(broker, &how, WNOHANG) == broker) {
			broker = 0;
			assert_true(WIFEXITED(how));
			assert_int_equal(WEXITSTATUS(how), 1);
			return true;
		}
		pause_us(PAUSE_US);
	}
	return false;
}

/* True once the step came through; false where the role ended. */
static bool step_through(const struct step *step, const char *what)
{
	for (int tries = 0; tries < TRIES; tries++) {
		enum status status = step->run();

		if (status == OK)
			return true;
		if (status == STATUS_IO) {
			if (has_ended())
				return false;
			fail_msg("%s: %s got no answer", what, step->name);
		}
		assert_alive(what);
		(void)snprintf(refusal, sizeof(refusal), "%s", agent.reason);
		assert_named(what);
		refusals++;
		if (refusals == LASTS)
			tpm_proxy_disarm(&proxy);
		pause_us(PAUSE_US);
	}
	fail_msg("%s: %s does not come back: %s", what, step->name, refusal);
	return false;
}

static struct digest cap_value(void)
{
	struct digest value = { .alg = DIGEST_SHA256 };

	assert_true(tpm_proxy_pcr(&proxy, CAP, value.value));
	return value;
}

static void assert_capped_once(const struct digest *before, const char *what)
{
	struct digest cap, wanted, now = cap_value();
	AUTO_DONE(bytes) both = { 0 };

	assert_int_equal(cap_digest(DIGEST_SHA256, &cap), OK);
	assert_int_equal(bytes_append(&both, digest_span(before)), OK);
	assert_int_equal(bytes_append(&both, digest_span(&cap)), OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&both), &wanted), OK);
	if (!digest_equal(&now, &wanted))
		fail_msg("%s: the cap PCR is not extended exactly once", what);
}

/* It answers first, and tidies up then. */
static bool is_left_empty(void)
{
	for (unsigned waited = 0; waited < TIDY_WAIT_US; waited += PAUSE_US) {
		if (tpm_proxy_loaded(&proxy) == 0)
			return true;
		pause_us(PAUSE_US);
	}
	return false;
}

/* One life under a fault, from the start of a broker on. */
static void live(const char *what)
{
	struct digest before = cap_value();

	scene = what;
	refusals = 0;
	stop_broker();
	start_broker();
	for (size_t i = 0; i < STEPS; i++) {
		if (step_through(&steps[i], what))
			continue;
		/* What the role held is gone: from the start, without the fault. */
		tpm_proxy_disarm(&proxy);
		stop_broker();
		start_broker();
		before = cap_value();
		i = (size_t)-1;
	}
	assert_alive(what);
	assert_capped_once(&before, what);
	/* What was left by an answer that was lost goes with the next verb. */
	tpm_proxy_disarm(&proxy);
	if (!is_left_empty())
		assert_int_equal(step_identity(), OK);
	if (!is_left_empty())
		fail_msg("%s: %d objects or sessions are left in the TPM", what,
			 tpm_proxy_loaded(&proxy));
}

/* The commands of a life without a fault. */
static size_t count_commands(uint32_t commands[TPM_COMMANDS_MAX])
{
	tpm_proxy_arm(&proxy, 0, NULL, false);
	live("no fault");

	size_t count = tpm_proxy_count(&proxy);

	assert_true(count > 0 && count <= TPM_COMMANDS_MAX);
	memcpy(commands, proxy.commands, sizeof(proxy.commands));
	return count;
}

static bool is_all(void)
{
	const char *wanted = getenv("ATTESTD_TEST_FAULTS");

	return wanted != NULL && strcmp(wanted, "all") == 0;
}

/* Each command, each kind of command with a third of the faults, and across the
 * kinds each fault. */
static bool is_chosen(const uint32_t *commands, size_t at, size_t fault, bool is_lasting)
{
	bool is_first = true;

	for (size_t i = 0; i + 1 < at; i++)
		is_first = is_first && commands[i] != commands[at - 1];
	/* Each of these is waited for. */
	if (tpm_faults[fault].kind == FAULT_HANG)
		return is_first && is_lasting;
	return is_all() || (is_first && (at + fault) % 3 == 0) ||
	       (at + fault) % tpm_fault_count == 0;
}

static void walk(bool is_lasting)
{
	uint32_t commands[TPM_COMMANDS_MAX];
	size_t count = count_commands(commands);
	size_t lives = 0, hits = 0;

	for (size_t at = 1; at <= count; at++) {
		for (size_t fault = 0; fault < tpm_fault_count; fault++) {
			char what[128];

			if (!is_chosen(commands, at, fault, is_lasting))
				continue;
			(void)snprintf(what, sizeof(what), "%s at command %zu (0x%03x)",
				       tpm_faults[fault].name, at, commands[at - 1]);
			stop_broker();
			tpm_proxy_arm(&proxy, at, &tpm_faults[fault], is_lasting);
			live(what);
			lives++;
			hits += tpm_proxy_hits(&proxy) > 0;
			tpm_proxy_disarm(&proxy);
		}
	}
	print_message("%zu commands, %zu lives, %zu of them struck\n", count, lives, hits);
	assert_true(hits > 0);
}

static void one_fault_at_any_command_from_the_start_on_does_no_harm(void **state)
{
	(void)state;
	walk(false);
}

static void a_fault_that_lasts_from_any_command_on_ends_without_a_trace(void **state)
{
	(void)state;
	walk(true);
}

/* All of its commands fail: one capability, then the extend. */
static void fail_a_cap(const struct tpm_fault *fault)
{
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	int64_t expires = 0;

	assert_int_equal(step_evidence(), OK);
	make_refusal(&text, &signature);
	tpm_proxy_arm(&proxy, 1, fault, true);
	assert_int_not_equal(broker_verdict(&agent, span_of(&text), span_of(&signature),
					    (struct span){ 0 }, &expires),
			     OK);
	assert_nothing_is_signed();
	tpm_proxy_disarm(&proxy);
}

static void a_cap_that_failed_is_done_without_being_asked_again(void **state)
{
	static const char *const names[] = { "failure", "retry", "closed", "lost", "noise" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct digest before;

		tpm_proxy_arm(&proxy, 0, NULL, false);
		for (size_t step = 0; step + 1 < STEPS; step++)
			assert_true(step_through(&steps[step], names[i]));
		before = cap_value();
		fail_a_cap(tpm_fault_find(names[i]));
		for (int waited = 0; waited < 300; waited++) {
			struct digest now = cap_value();

			if (!digest_equal(&now, &before))
				break;
			pause_us(PAUSE_US);
		}
		assert_capped_once(&before, names[i]);
		assert_alive(names[i]);
	}
}

static void an_absent_tpm_is_named_and_found_when_it_comes(void **state)
{
	uint16_t port = proxy.tpm_port;

	(void)state;
	stop_broker();
	/* What is connected to has nothing behind it. */
	proxy.tpm_port = 1;
	tpm_proxy_arm(&proxy, 0, NULL, false);
	start_broker();
	for (int i = 0; i < 3; i++) {
		assert_int_equal(step_identity(), STATUS_UNAVAILABLE);
		(void)snprintf(refusal, sizeof(refusal), "%s", agent.reason);
		assert_named("absent");
	}
	proxy.tpm_port = port;
	for (size_t i = 0; i < STEPS; i++)
		assert_true(step_through(&steps[i], "absent"));
}

static int make(void **state)
{
	const char *port = getenv("ATTESTD_TEST_TPM_PORT");
	const char *sources = getenv("srcdir");

	(void)state;
	(void)umask(022);
	(void)signal(SIGPIPE, SIG_IGN);
	if (port == NULL || mkdtemp(scratch_name(top, "faults")) == NULL ||
	    !tpm_proxy_start(&proxy, (uint16_t)strtoul(port, NULL, 10)))
		return 1;
	if (sources == NULL)
		sources = ".";
	(void)snprintf(boot_log, sizeof(boot_log), "%s/tests/data/sb-exec-policy/boot_log.bin",
		       sources);
	(void)snprintf(ima_log, sizeof(ima_log), "%s/tests/data/sb-exec-policy/ima.bin", sources);
	result_key = EVP_EC_gen("P-256");
	ca_key = EVP_EC_gen("P-256");
	write_configuration();
	start_broker();
	tpm_proxy_arm(&proxy, 0, NULL, false);
	live("a first life");
	return broker_identity(&agent, true, &golden) != OK;
}

static int drop(void **state)
{
	char command[320];

	(void)state;
	stop_broker();
	tpm_proxy_stop(&proxy);
	broker_identity_done(&golden);
	EVP_PKEY_free(result_key);
	EVP_PKEY_free(ca_key);
	(void)snprintf(command, sizeof(command), "%s %s/broker.log; rm -rf %s",
		       getenv("ATTESTD_TEST_FAULTS") != NULL ? "cat" : "tail -n 5", top, top);
	return system(command);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest once[] = {
		cmocka_unit_test(a_cap_that_failed_is_done_without_being_asked_again),
		cmocka_unit_test(an_absent_tpm_is_named_and_found_when_it_comes),
		cmocka_unit_test(one_fault_at_any_command_from_the_start_on_does_no_harm),
	};
	const struct CMUnitTest lasting[] = {
		cmocka_unit_test(a_fault_that_lasts_from_any_command_on_ends_without_a_trace),
	};

	if (argc == 2 && strcmp(argv[1], "lasting") == 0)
		return cmocka_run_group_tests(lasting, make, drop);
	return cmocka_run_group_tests(once, make, drop);
}
