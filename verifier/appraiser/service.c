/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "messages/json_writer.h"
#include "messages/jwk.h"
#include "messages/metric.h"
#include "verifier/appraiser/query.h"
#include "verifier/appraiser/requests.h"

/* SPIFFE Trust Domain and Bundle, 4.2: no kid beside x509-svid. */
static enum status put_root(struct json_writer *w, struct span der)
{
	const unsigned char *at = der.data;
	AUTO(X509) certificate = d2i_X509(NULL, &at, (long)der.len);

	json_open(w, NULL, '{');
	json_text(w, "use", span_text("x509-svid"));

	enum status status =
		jwk_put_key(w, certificate == NULL ? NULL : X509_get0_pubkey(certificate));

	json_open(w, "x5c", '[');
	json_base64(w, NULL, der);
	json_close(w, ']');
	json_close(w, '}');
	return status;
}

static enum status write_bundle(const struct bundle_answer *bundle, struct bytes *out)
{
	struct json_writer w = json_to(out);
	enum status status = OK;

	json_open(&w, NULL, '{');
	json_open(&w, "keys", '[');
	for (size_t i = 0; i < bundle->certificates.count && status == OK; i++)
		status = put_root(&w, bundle->certificates.items[i]);
	for (size_t i = 0; i < bundle->jwt_keys.count && status == OK; i++)
		status = jwk_put_jwt_key(&w, bundle->jwt_keys.items[i].kid,
					 bundle->jwt_keys.items[i].spki);
	json_close(&w, ']');
	json_uint(&w, "spiffe_sequence", bundle->sequence);
	json_uint(&w, "spiffe_refresh_hint", bundle->refresh_hint_s);
	json_close(&w, '}');
	return status == OK ? json_end(&w) : status;
}

void handle_bundle(struct appraiser *a, const struct request *request, struct answer *answer)
{
	static const char *const names[] = { "trust-domain", NULL };
	struct span domain = query_value(request->query, "trust-domain");
	struct signer_request ask = { .type = FRAME_BUNDLE, .bundle = { .trust_domain = domain } };

	if (query_check(request->query, names) != OK ||
	    (domain.len > 0 && !trust_domain_is_valid(domain))) {
		answer_error(answer, 400, "bad-query", NULL);
		return;
	}
	if (ask_signer(a, &ask, answer))
		answer_json(answer, write_bundle(&a->reply.bundle, &answer->body));
}

void handle_health(struct appraiser *a, const struct request *request, struct answer *answer)
{
	struct signer_request ask = { .type = FRAME_HEALTH };
	(void)request;

	if (!ask_signer(a, &ask, answer))
		return;

	struct json_writer w = json_to(&answer->body);
	json_open(&w, NULL, '{');
	json_text(&w, "status", span_text(health_name(a->reply.health.health)));
	json_close(&w, '}');
	answer_json(answer, json_end(&w));
	if (answer->status == 200 && !health_can_grant(a->reply.health.health)) {
		answer->status = 503;
		answer->retry_after_s = 30;
	}
}

static enum status put_nodes(const struct health_answer *h, struct bytes *out)
{
	enum status status = metric_begin(out, "attestd_nodes", METRIC_GAUGE, "Nodes by state.");

	for (unsigned i = 0; i < NODE_STATES && status == OK; i++)
		status = bytes_printf(out, "attestd_nodes{state=\"%s\"} %" PRIu64 "\n",
				      node_state_name((enum node_state)i), h->nodes[i]);
	return status;
}

static enum status write_metrics(const struct health_answer *h, struct bytes *out)
{
	const struct metric can_grant = { "attestd_can_grant", METRIC_GAUGE,
					  "1 where the verifier can grant the minting right.",
					  health_can_grant(h->health) };
	const struct metric counts[] = {
		{ "attestd_enrolments_total", METRIC_COUNTER, "Nodes that proved their TPM.",
		  h->enrolments },
		{ "attestd_verdicts_total", METRIC_COUNTER, "Appraisals committed.", h->verdicts },
		{ "attestd_grants_total", METRIC_COUNTER, "Grants of the minting right.",
		  h->grants },
		{ "attestd_refusals_total", METRIC_COUNTER, "Requests that the signer refused.",
		  h->refusals },
		{ "attestd_release_valid_until_seconds", METRIC_GAUGE,
		  "When the loaded release's timestamp expires; 0 without one.",
		  (uint64_t)h->valid_until },
		{ "attestd_release_refused_since_seconds", METRIC_GAUGE,
		  "Since when a release is refused or can't be fetched, after the start; "
		  "0: none is.",
		  (uint64_t)h->release_refused },
		{ "attestd_authority_valid_until_seconds", METRIC_GAUGE,
		  "When the first certificate of a CA expires; 0 without a CA.",
		  (uint64_t)h->authority_until },
	};
	enum status status = metrics_append(out, &can_grant, 1);

	if (status == OK)
		status = put_nodes(h, out);
	return status == OK ? metrics_append(out, counts, sizeof(counts) / sizeof(counts[0]))
			    : status;
}

void handle_metrics(struct appraiser *a, const struct request *request, struct answer *answer)
{
	struct signer_request ask = { .type = FRAME_HEALTH };
	(void)request;

	if (!ask_signer(a, &ask, answer))
		return;
	answer_json(answer, write_metrics(&a->reply.health, &answer->body));
	if (answer->status == 200)
		answer->content_type = "text/plain; version=0.0.4";
}
