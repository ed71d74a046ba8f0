/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <time.h>

#include "base/auto_openssl.h"
#include "messages/activate.h"
#include "messages/enrol.h"
#include "verifier/appraiser/requests.h"

/* Who vouches for an EK. */
struct endorsement {
	struct ek_certificate certificate;
	struct bytes spki; /* DER, as it stands in the certificate */
	bool is_software_tpm;
};

static void endorsement_done(struct endorsement *e)
{
	ek_certificate_done(&e->certificate);
	bytes_done(&e->spki);
}

AUTO_RELEASE(endorsement, endorsement_done);

/* The certificate's own bytes: encoded again from the key, an id-RSAES-OAEP
 * key would become another one, and its node another node. */
static enum status read_spki(const struct ek_certificate *certificate, struct bytes *out)
{
	const unsigned char *at = certificate->der.data;
	AUTO(X509) x509 = d2i_X509(NULL, &at, (long)certificate->der.len);
	unsigned char *der = NULL;
	int len = x509 == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x509), &der);
	struct digest digest;

	if (len <= 0)
		return STATUS_MALFORMED;

	enum status status = bytes_copy((struct span){ der, (size_t)len }, out);
	OPENSSL_free(der);
	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(out), &digest);
	if (status == OK && !digest_equal(&digest, &certificate->spki_sha256))
		status = STATUS_MISMATCH;
	return status;
}

static enum status verify_against(const struct appraiser *a, const struct ek_pool *roots,
				  const struct ek_pool *supplied, struct span certificate,
				  struct ek_certificate *out)
{
	struct ek_trust trust = {
		.roots = roots,
		.intermediates = &a->pools.intermediates,
		.supplied = supplied,
		.crls = &a->pools.crls,
		.at = (int64_t)time(NULL),
		.allow_sha1 = a->settings->allow_sha1,
	};

	ek_certificate_done(out);
	*out = (struct ek_certificate){ 0 };
	return ek_certificate_verify(certificate, &trust, out);
}

/* The makers' roots first; those of software TPMs only where configured (k09). */
static enum status verify_endorsement(const struct appraiser *a,
				      const struct enrolment_request *message,
				      struct endorsement *out)
{
	AUTO_DONE(ek_pool) supplied = { 0 };
	struct span certificate = span_of(&message->ek_certificate);

	for (size_t i = 0; i < message->chain_count; i++)
		if (ek_pool_add_certificates(&supplied, span_of(&message->chain[i])) ==
		    STATUS_NO_MEMORY)
			return STATUS_NO_MEMORY;

	enum status status =
		verify_against(a, &a->pools.roots, &supplied, certificate, &out->certificate);
	if (status == OK && out->certificate.refusal == EK_NO_PATH &&
	    a->settings->allow_software_tpm) {
		status = verify_against(a, &a->pools.software_roots, &supplied, certificate,
					&out->certificate);
		out->is_software_tpm = status == OK && out->certificate.refusal == EK_ACCEPTED;
	}
	return status;
}

/* True where the EK is vouched for, and is the one whose public area was sent. */
static bool check_endorsement(const struct appraiser *a, const struct enrolment_request *message,
			      struct endorsement *out, struct answer *answer)
{
	struct public_area ek;
	char code[64];

	if (a->pools.lacks_lists) {
		answer_error(answer, 503, "ek-crl-unreadable",
			     "the verifier's log names a revocation list that it cannot read");
		return false;
	}

	enum status status = verify_endorsement(a, message, out);

	if (status != OK) {
		answer_malformed(answer, status, "ek-malformed");
		return false;
	}
	if (out->certificate.refusal != EK_ACCEPTED) {
		(void)snprintf(code, sizeof(code), "ek-%s",
			       ek_refusal_name(out->certificate.refusal));
		answer_error(answer, 403, code,
			     "the EK certificate is not believed: attestctl ek verify tells more");
		return false;
	}
	status = public_area_parse(span_of(&message->ek_public), &ek);
	if (status != OK || !ek_certificate_is_for(&out->certificate, &ek)) {
		answer_error(answer, 400, "ek-mismatch",
			     "the EK's public area is not the certificate's");
		return false;
	}
	if (read_spki(&out->certificate, &out->spki) != OK) {
		answer_error(answer, 400, "ek-unsupported", NULL);
		return false;
	}
	return true;
}

static struct attestation_challenge challenge_of(const struct challenge *c)
{
	return (struct attestation_challenge){
		.nonce = lent(c->nonce),
		.bank = c->bank,
		.select = c->select,
		.policy_pcrs = c->policy_pcrs,
		.cap = c->cap,
		.next_entry = c->next_entry,
		.want_boot_log = c->want_boot_log,
		.want_certify = c->want_certify,
		.want_svid = c->want_svid,
		.interval_s = c->interval_s,
	};
}

void handle_enrol(struct appraiser *a, const struct request *request, struct answer *answer)
{
	AUTO_DONE(enrolment_request) message = { 0 };
	AUTO_DONE(endorsement) endorsement = { 0 };
	const char *fault = NULL;
	enum status status = enrolment_request_parse(request->body, &message, &fault);

	if (status != OK) {
		answer_malformed(answer, status, fault);
		return;
	}
	if (!check_endorsement(a, &message, &endorsement, answer))
		return;

	struct signer_request ask = { .type = FRAME_ENROL };
	ask.enrol = (struct enrol_request){
		.spki = span_of(&endorsement.spki),
		.ek_public = span_of(&message.ek_public),
		.ak_public = span_of(&message.ak_public),
		.is_software_tpm = endorsement.is_software_tpm,
		.quirks = endorsement.certificate.quirks,
		.manufacturer = span_text(endorsement.certificate.manufacturer),
		.model = span_text(endorsement.certificate.model),
		.version = span_text(endorsement.certificate.version),
		.nv_index = message.ek_index,
		.hostname = span_of(&message.hostname),
	};
	if (!ask_signer(a, &ask, answer))
		return;

	const struct enrol_answer *reply = &a->reply.enrol;
	struct enrolment_answer out = {
		.node_id = reply->node,
		.record = lent(reply->record),
		.id_object = lent(reply->id_object),
		.encrypted_secret = lent(reply->encrypted_secret),
		.challenge = challenge_of(&reply->challenge),
	};
	answer_json(answer, enrolment_answer_write(&out, &answer->body));
}

void handle_activate(struct appraiser *a, const struct request *request, struct answer *answer)
{
	AUTO_DONE(activation_request) message = { 0 };
	const char *fault = NULL;
	enum status status = activation_request_parse(request->body, &message, &fault);

	if (status != OK) {
		answer_malformed(answer, status, fault);
		return;
	}

	struct signer_request ask = { .type = FRAME_ACTIVATE };
	ask.activate = (struct activate_request){
		.node = request->node,
		.received = request->received,
		.record = span_of(&message.record),
		.secret = span_of(&message.secret),
		.nonce = span_of(&message.nonce),
		.attest = span_of(&message.attest),
		.signature = span_of(&message.signature),
	};
	if (!ask_signer(a, &ask, answer))
		return;

	struct activation_answer out = { .node_id = request->node,
					 .state = a->reply.activate.state };
	answer_json(answer, activation_answer_write(&out, &answer->body));
}

void handle_challenge(struct appraiser *a, const struct request *request, struct answer *answer)
{
	struct attestation_request message;
	const char *fault = NULL;
	enum status status = attestation_request_parse(request->body, &message, &fault);

	if (status != OK) {
		answer_malformed(answer, status, fault);
		return;
	}

	struct signer_request ask; /* only what its type uses is set */
	ask.type = FRAME_CHALLENGE;
	ask.challenge = (struct challenge_request){
		.node = request->node,
		.reset_count = message.reset_count,
		.restart_count = message.restart_count,
	};
	if (!ask_signer(a, &ask, answer))
		return;

	struct attestation_challenge out = challenge_of(&a->reply.challenge);
	answer_json(answer, attestation_challenge_write(&out, &answer->body));
}
