/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/handed_bundles.h"

#include "attestd/mint/identity/svid.h"
#include "messages/jwk.h"

void handed_bundles_done(struct handed_bundles *handed)
{
	for (size_t i = 0; i < handed->count; i++) {
		bytes_done(&handed->texts[i].trust_domain);
		bytes_done(&handed->texts[i].certificates);
		bytes_done(&handed->texts[i].jwks);
	}
	*handed = (struct handed_bundles){ 0 };
}

static enum status add(struct handed_bundles *handed, const struct trust_anchors *anchors)
{
	size_t i = handed->count++;
	struct handed_texts *texts = &handed->texts[i];
	enum status status = bytes_append(&texts->trust_domain, span_text("spiffe://"));

	if (status == OK)
		status = bytes_append(&texts->trust_domain, span_of(&anchors->trust_domain));
	if (status == OK)
		status = anchors_der(anchors, &texts->certificates);
	if (status == OK)
		status = jwks_write(anchors->jwt_keys, anchors->jwt_key_count, &texts->jwks);
	handed->rows[i] = (struct workload_bundle){
		.trust_domain = span_of(&texts->trust_domain),
		.certificates = span_of(&texts->certificates),
		.jwks = span_of(&texts->jwks),
	};
	return status;
}

enum status handed_bundles_from(const struct bundle *bundle, struct handed_bundles *out)
{
	AUTO_DONE(handed_bundles) handed = { 0 };
	enum status status = add(&handed, &bundle->own);

	for (size_t i = 0; i < bundle->federated_count && status == OK; i++)
		status = add(&handed, &bundle->federated[i]);
	if (status != OK)
		return status;
	*out = handed;
	handed = (struct handed_bundles){ 0 };
	return OK;
}
