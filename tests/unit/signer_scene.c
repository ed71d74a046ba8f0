/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/rand.h>

#include "signer_scene.h"
#include "tpm/policy_digest.h"

#define POLICY_PCRS ((pcr_mask)0x4090 | 1u << 13)

static enum status test_random(uint8_t *buffer, size_t len)
{
	return RAND_bytes(buffer, (int)len) == 1 ? OK : STATUS_UNAVAILABLE;
}

static void make_endorsement_key(struct signer_scene *s)
{
	struct writer w = writer_to(&s->ek_public, 512);
	uint8_t point[65];
	size_t len = 0;

	s->ek = EVP_EC_gen("P-256");
	assert_non_null(s->ek);
	assert_int_equal(EVP_PKEY_get_octet_string_param(s->ek, "pub", point, sizeof(point), &len),
			 1);
	write_ek_opening(&w, TPM_ALG_ECC);
	writer_be16(&w, TPM_ALG_NULL);
	writer_be16(&w, TPM_CURVE_P256);
	writer_be16(&w, TPM_ALG_NULL);
	writer_sized(&w, (struct span){ point + 1, 32 });
	writer_sized(&w, (struct span){ point + 33, 32 });
	assert_int_equal(writer_end(&w), OK);
	copy_spki(s->ek, &s->spki);
}

/* The root is as old as the capture. */
static void make_keys(struct signer_scene *s)
{
	struct signer_files *f = &s->files;
	struct signer_authority_settings authority = { "prod.example", f->path[FILE_CA_KEY],
						       f->path[FILE_CA], f->path[FILE_JWT_KEY],
						       NULL };
	struct signer_act_key_settings act = { "ida", ROLE_IDENTITY_SECURITY,
					       f->path[FILE_ACT_KEY] };
	struct signer_settings settings = { .mac_key = f->path[FILE_MAC_KEY],
					    .result_key = f->path[FILE_RESULT_KEY],
					    .authorities = &authority,
					    .authority_count = 1,
					    .act_keys = &act,
					    .act_key_count = 1 };
	struct key_fault fault;
	FILE *file;

	signer_files_init(f);
	signer_files_age_root(f, GOLDEN_NOW - 86400);
	s->act_key = EVP_EC_gen("P-256");
	file = fopen(f->path[FILE_ACT_KEY], "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, s->act_key), 1);
	(void)fclose(file);
	assert_int_equal(signer_keys_load(&settings, GOLDEN_NOW, &s->signer.keys, &fault), OK);
}

void signer_scene_init(struct signer_scene *s)
{
	struct digest policy;

	*s = (struct signer_scene){ .now = GOLDEN_NOW,
				    .random = test_random,
				    .clock = 100000,
				    .reset_count = 7,
				    .restart_count = 1 };
	golden_init(&s->golden);
	golden_build(&s->golden);
	make_keys(s);
	make_endorsement_key(s);
	make_attestation_key(&s->ak);
	assert_int_equal(
		minting_policy(DIGEST_SHA256, POLICY_PCRS, &s->golden.values, 7, 1, &policy), OK);
	make_minting_key(digest_span(&policy), &s->minting);
	s->signer.fallback_class = signer_fallback_class();
	s->signer.approve_role = ROLE_IDENTITY_SECURITY;
	s->signer.narrow_most = 1000;
	s->signer.issuer = "verifier.example";
	s->signer.audience = "prod.example";
	s->signer.jwt_lifetime_s = 300;
	assert_int_equal(store_open(":memory:", &s->signer.store), OK);
	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_generation_set(s->signer.store, signer_generation(&s->signer)), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
	assert_int_equal(statement_sign_bundles(&s->signer), OK);
}

void signer_scene_done(struct signer_scene *s)
{
	pending_done(&s->pending);
	keep_done(&s->keep);
	store_free(s->signer.store);
	entry_texts_done(&s->signer.entry_texts);
	signer_keys_done(&s->signer.keys);
	inventory_done(&s->signer.inventory);
	bytes_done(&s->signer.suspension);
	golden_done(&s->golden);
	EVP_PKEY_free(s->ek);
	EVP_PKEY_free(s->act_key);
	bytes_done(&s->ek_public);
	bytes_done(&s->spki);
	software_key_done(&s->ak);
	software_key_done(&s->minting);
	bytes_done(&s->attest);
	bytes_done(&s->signature);
	bytes_done(&s->certify);
	bytes_done(&s->certify_signature);
	bytes_done(&s->pcrs);
	signer_files_done(&s->files);
}

struct turn scene_turn(struct signer_scene *s)
{
	return (struct turn){ .signer = &s->signer,
			      .pending = &s->pending,
			      .keep = &s->keep,
			      .random = s->random,
			      .now = s->now };
}

void scene_ask(struct signer_scene *s, enum frame_type type)
{
	struct turn turn = scene_turn(s);

	s->request.type = type;
	if (type == FRAME_ADMIN && s->request.admin.administrator.data == NULL)
		s->request.admin.administrator = span_text("somebody");
	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(store_step_begin(s->signer.store), OK);
	signer_answer_request(&turn, &s->request, &s->answer);
	assert_int_equal(store_step_end(s->signer.store, s->answer.refusal == REFUSAL_NONE), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
}

void scene_expect(struct signer_scene *s, enum frame_type type, enum refusal refusal)
{
	scene_ask(s, type);
	assert_string_equal(refusal_name(s->answer.refusal), refusal_name(refusal));
}

void scene_load_release(struct signer_scene *s)
{
	struct turn turn = scene_turn(s);
	/* The index that the golden release says it is of. */
	struct release_marks marks = { .index = { .version = 1 } };
	struct reference reference;

	assert_int_equal(digest_of(DIGEST_SHA256, span_text("index"), &marks.index.digest), OK);

	assert_int_equal(store_begin(s->signer.store), OK);
	assert_int_equal(releases_accept(&turn, span_of(&s->golden.image), &marks, &reference), OK);
	assert_int_equal(store_commit(s->signer.store), OK);
	releases_use(&s->signer, &reference, s->now);
}

void scene_keep_log(struct signer_scene *s)
{
	s->signer.keys.log = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	assert_non_null(s->signer.keys.log);
	assert_int_equal(verdict_log_extend(&s->signer, s->now), OK);
}

size_t scene_noted(struct signer_scene *s, const char *kind, struct audit_row *last)
{
	struct audit_row rows[64];
	size_t count = 0, found = 0;

	assert_int_equal(store_audit(s->signer.store, 0, 64, &s->keep, rows, &count), OK);
	for (size_t i = 0; i < count; i++) {
		if (!span_equal(rows[i].kind, span_text(kind)))
			continue;
		found++;
		*last = rows[i];
	}
	return found;
}

void scene_enrol(struct signer_scene *s)
{
	s->request.enrol = (struct enrol_request){
		.spki = span_of(&s->spki),
		.ek_public = span_of(&s->ek_public),
		.ak_public = span_of(&s->ak.public),
		.manufacturer = span_text("id:49424D00"),
		.model = span_text("swtpm"),
		.version = span_text("id:20191023"),
		.nv_index = 0x01c0000a,
		.hostname = span_text("r01n07"),
	};
	scene_expect(s, FRAME_ENROL, REFUSAL_NONE);
	s->node = s->answer.enrol.node;
	s->challenge = s->answer.enrol.challenge;
}

static void quote(struct signer_scene *s, struct span minting_name)
{
	struct made_attest made =
		honest_quote(&s->ak, s->challenge.nonce, minting_name, s->challenge.bank,
			     s->challenge.select, &s->golden.values);

	if (s->report.len > 0)
		quote_report(&made, s->challenge.nonce, minting_name, s->report);

	s->clock += 1000;
	made.clock = s->clock;
	made.reset_count = s->reset_count;
	made.restart_count = s->restart_count;
	s->attest.len = s->signature.len = 0;
	write_attest(&made, &s->attest);
	sign_attest(&s->ak, span_of(&s->attest), &s->signature);
}

void scene_prepare_activation(struct signer_scene *s)
{
	struct span record = s->answer.enrol.record;
	uint8_t secret[SHA256_SIZE];
	struct epoch epoch;
	struct span kept;

	assert_int_equal(epoch_read(&s->signer, &epoch), OK);
	assert_int_equal(activation_secret(&s->signer.keys.mac, &epoch, record,
					   name_span(&s->ak.name), secret),
			 OK);
	assert_int_equal(keep_copy(&s->keep, (struct span){ secret, sizeof(secret) }, &kept), OK);
	quote(s, (struct span){ 0 });
	s->request.activate = (struct activate_request){ .node = s->node,
							 .received = s->now,
							 .record = record,
							 .secret = kept,
							 .nonce = s->challenge.nonce,
							 .attest = span_of(&s->attest),
							 .signature = span_of(&s->signature) };
}

struct nonce scene_nonce(struct signer_scene *s, enum nonce_purpose purpose,
			 const struct node_id *node, int64_t issued)
{
	static const uint8_t random[NONCE_RANDOM_SIZE] = { 1 };
	struct epoch epoch;
	struct nonce nonce;

	assert_int_equal(epoch_read(&s->signer, &epoch), OK);
	assert_int_equal(
		nonce_make(&s->signer.keys.mac, &epoch, purpose, node, random, issued, &nonce), OK);
	return nonce;
}

void scene_join(struct signer_scene *s)
{
	scene_enrol(s);
	scene_prepare_activation(s);
	scene_expect(s, FRAME_ACTIVATE, REFUSAL_NONE);
}

static void sign_act(struct signer_scene *s, struct span text, struct bytes *signature)
{
	AUTO_DONE(signing_key) key = { 0 };

	assert_int_equal(signing_key_init(s->act_key, &key), OK);
	assert_int_equal(signing_key_sign(&key, text, signature), OK);
}

/* Takes text over. */
static void prepare_signed(struct signer_scene *s, struct bytes *text)
{
	struct bytes signature = { 0 };
	struct span kept_text, kept_signature;

	sign_act(s, span_of(text), &signature);
	assert_int_equal(keep_bytes(&s->keep, text, &kept_text), OK);
	assert_int_equal(keep_bytes(&s->keep, &signature, &kept_signature), OK);
	s->request.admin = (struct admin_request){ .verb = ADMIN_ACT,
						   .role = ROLE_PLATFORM,
						   .act = kept_text,
						   .act_signature = kept_signature };
}

void scene_prepare_act(struct signer_scene *s, const char *verb, const char *class_name,
		       int64_t time)
{
	AUTO_DONE(bytes) id = { 0 };
	struct bytes text = { 0 };
	bool is_release = strcmp(verb, "release") == 0;

	assert_int_equal(node_id_append(&id, &s->node), OK);
	assert_int_equal(bytes_printf(&text,
				      "attestd-act/1\nverb %s\nnode %.*s\nhost %s\nclass %s\n"
				      "reason tested\ntime %lld\nend\n",
				      verb, (int)id.len, (const char *)id.data,
				      is_release ? "-" : "r01n07", is_release ? "-" : class_name,
				      (long long)time),
			 OK);
	prepare_signed(s, &text);
}

void scene_prepare_entry_act(struct signer_scene *s, const char *verb_and_entry, int64_t time)
{
	struct bytes text = { 0 };

	assert_int_equal(bytes_printf(&text,
				      "attestd-act/1\nverb %s\nreason tested\ntime %lld\nend\n",
				      verb_and_entry, (long long)time),
			 OK);
	prepare_signed(s, &text);
}

void scene_join_approved(struct signer_scene *s)
{
	scene_join(s);
	scene_prepare_act(s, "approve", "server", s->now);
	scene_expect(s, FRAME_ADMIN, REFUSAL_NONE);
}

void scene_challenge(struct signer_scene *s)
{
	s->request.challenge = (struct challenge_request){ .node = s->node,
							   .reset_count = s->reset_count,
							   .restart_count = s->restart_count };
	scene_expect(s, FRAME_CHALLENGE, REFUSAL_NONE);
	s->challenge = s->answer.challenge;
}

static void certify(struct signer_scene *s)
{
	struct made_attest made = honest_certify(&s->ak, s->challenge.nonce, &s->minting.name);

	made.clock = s->clock;
	made.reset_count = s->reset_count;
	made.restart_count = s->restart_count;
	s->certify.len = s->certify_signature.len = 0;
	write_attest(&made, &s->certify);
	sign_attest(&s->ak, span_of(&s->certify), &s->certify_signature);
}

void scene_prepare_evidence(struct signer_scene *s)
{
	struct digest body;

	certify(s);
	quote(s, name_span(&s->minting.name));
	s->pcrs.len = 0;
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((s->challenge.select >> pcr & 1) != 0)
			assert_int_equal(bytes_append(&s->pcrs, digest_span(pcr_value(
									&s->golden.values,
									s->challenge.bank, pcr))),
					 OK);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&s->attest), &body), OK);

	struct span digest;

	assert_int_equal(keep_copy(&s->keep, digest_span(&body), &digest), OK);
	s->request.authenticate = (struct authenticate_request){
		.node = s->node,
		.received = s->now,
		.evidence_digest = digest,
		.nonce = s->challenge.nonce,
		.attest = span_of(&s->attest),
		.signature = span_of(&s->signature),
		.pcrs = span_of(&s->pcrs),
		.minting_public = span_of(&s->minting.public),
		.certify_attest = span_of(&s->certify),
		.certify_signature = span_of(&s->certify_signature),
		.report = s->report,
		.wants_ear = true,
	};
}

void scene_prepare_commit(struct signer_scene *s)
{
	/* As golden_build() names the manifest of its only release. */
	struct digest manifest = digest_filled(DIGEST_SHA256, 42);
	struct span kept;

	assert_int_equal(keep_copy(&s->keep, digest_span(&manifest), &kept), OK);
	s->request.commit = (struct commit_request){
		.node = s->node,
		.generation = s->answer.authenticate.generation,
		.manifest = kept,
		.release_version = 42,
		.entries = CAPTURE_IMA_ENTRIES,
		.state = span_text("the appraiser's state"),
		.ima_log = span_text("a compressed IMA log"),
		.boot_log = span_text("a compressed boot log"),
	};
	if (s->golden.manifest[0].scope_class != NULL)
		s->request.commit.emergency = kept;
	s->request.commit.claims.tier[CLAIM_EXECUTABLES] = TIER_AFFIRMING;
	s->request.commit.claims.tier[CLAIM_CONFIGURATION] = TIER_AFFIRMING;
}

void scene_commit(struct signer_scene *s)
{
	scene_prepare_commit(s);
	scene_expect(s, FRAME_COMMIT, REFUSAL_NONE);
}

void scene_reboot(struct signer_scene *s)
{
	struct digest policy;

	s->reset_count++;
	assert_int_equal(minting_policy(DIGEST_SHA256, POLICY_PCRS, &s->golden.values,
					s->reset_count, s->restart_count, &policy),
			 OK);
	software_key_done(&s->minting);
	make_minting_key(digest_span(&policy), &s->minting);
}

void scene_attest(struct signer_scene *s)
{
	scene_authenticate(s);
	if (s->answer.authenticate.is_final)
		return;
	scene_commit(s);
}

void signer_scene_approved(struct signer_scene *s)
{
	signer_scene_init(s);
	scene_load_release(s);
	scene_join_approved(s);
}

void scene_evidence(struct signer_scene *s)
{
	scene_challenge(s);
	scene_prepare_evidence(s);
}

void scene_authenticate(struct signer_scene *s)
{
	scene_evidence(s);
	scene_expect(s, FRAME_AUTHENTICATE, REFUSAL_NONE);
}

bool scene_result_says(const struct result *r, const char *line)
{
	return r->verdict.len > 0 &&
	       memmem(r->verdict.data, r->verdict.len, line, strlen(line)) != NULL;
}

void scene_expect_result(const struct result *r, const char *state, const char *reason)
{
	assert_true(scene_result_says(r, state));
	if (reason == NULL) {
		assert_int_equal(r->reasons.count, 0);
		return;
	}
	assert_int_not_equal(r->reasons.count, 0);
	assert_true(span_equal(r->reasons.items[0].code, span_text(reason)));
}
