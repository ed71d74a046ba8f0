/* SPDX-License-Identifier: Apache-2.0 */
/* In place of attestd/svid_profile.c, which has a target of its own: the asker's
 * bytes fit the profile if they end so. */
#include "attestd/svid_profile.h"
#include "fuzz.h"

const char *svid_refusal_name(enum svid_refusal refusal)
{
	(void)refusal;
	return "serial number";
}

enum status svid_profile_check(struct span tbs, const struct grant *grant, int64_t now,
			       struct bytes *names, enum svid_refusal *refusal)
{
	must(grant->certificate != NULL && grant->verdict.expires > now && names->len == 0);
	*refusal = tbs.len > 0 && tbs.data[tbs.len - 1] == 'g' ? SVID_ACCEPTED : SVID_BAD_SERIAL;
	return *refusal == SVID_ACCEPTED
		       ? bytes_copy(span_text("spiffe://example.org/web/1"), names)
		       : OK;
}

enum status svid_assemble(struct span tbs, struct span signature, struct bytes *certificate)
{
	must(tbs.len > 0 && signature.len > 0 && certificate->data == NULL);
	return bytes_copy(tbs, certificate);
}
