/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/token_refusal.h"

const char token_refusal_no_entry[] =
	"no registration entry of the process allows a JWT-SVID of this SPIFFE ID: ask whoever "
	"administers identities";

static const struct token_refusal refusals[] = {
	{ "entry-unknown", "the verifier has no such registration entry for this node any more",
	  "identity-security" },
	{ "entry-quarantined",
	  "the verifier mints no JWT-SVID: the registration entry is quarantined",
	  "identity-security" },
	{ "entry-without-jwt", token_refusal_no_entry, "identity-security" },
	{ "identity-not-entitled",
	  "the verifier mints no JWT-SVID: the node's class is not entitled to the SPIFFE ID",
	  "release engineering" },
	{ "audience-too-long",
	  "the SPIFFE ID and the audiences together are too long for the verifier's audit log",
	  "the workload's owner" },
	{ "jwt-key-missing", "the verifier has no key for JWT-SVIDs of this trust domain",
	  "whoever runs the verifier" },
	/* Any other, also of a token that is none. */
	{ NULL, "what the verifier answered is not what was asked for: tell whoever runs the node",
	  "whoever runs the node" },
};

const struct token_refusal *token_refusal_of(struct span code)
{
	const struct token_refusal *r = refusals;

	while (r->code != NULL && !span_equal(span_text(r->code), code))
		r++;
	return r;
}
