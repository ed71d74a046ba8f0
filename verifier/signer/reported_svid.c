/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/public_area.h"
#include "verifier/signer/core.h"

static void put(struct certificate_list *list, struct span der)
{
	if (list->count < SIGNER_BUNDLE_MAX)
		list->items[list->count++] = der;
}

void reported_svid_path(struct turn *turn, struct pending *p, struct certificate_list *out)
{
	struct node_class node_class;
	struct signer_answer last;
	struct span result;

	/* A retryable end has no grant: it is counted another time. */
	p->has_svid = false;
	if (!challenge_class(turn->signer, p->row.class_name, &node_class) ||
	    store_session_result(turn->signer->store, &p->row.node, turn->keep, &result) != OK ||
	    signer_answer_decode(FRAME_COMMIT, result, &last) != OK ||
	    last.commit.certificate.len == 0)
		return;

	const struct authority *authority =
		signer_keys_authority(&turn->signer->keys, node_class.trust_domain);
	if (authority == NULL)
		return;
	put(out, last.commit.certificate);
	for (size_t i = 0; i < authority->chain_count; i++)
		put(out, span_of(&authority->chain[i]));
	put(out, span_of(&authority->root));
	p->has_svid = true;
}

/* The appraiser says that it is an SVID; that this node's minting key signed it, nobody
 * has to say. */
enum status reported_svid_verify(const struct turn *turn, const struct pending *p, struct span tbs,
				 struct span signature, struct digest *out)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	struct evidence_item evidence;
	struct public_area area;
	EVP_PKEY *found = NULL;
	enum status status = p->has_svid && p->authentication.has_minting_key
				     ? evidence_item_decode(p->evidence, &evidence)
				     : STATUS_MISMATCH;

	if (status == OK)
		status = public_area_parse(evidence.minting_public, &area);
	if (status == OK)
		status = public_area_key_in(&area, turn->signer->keys.p256, &found);
	AUTO(EVP_PKEY) key = found;
	if (status != OK)
		return status;
	if (ctx == NULL)
		return STATUS_NO_MEMORY;
	if (EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestVerify(ctx, signature.data, signature.len, tbs.data, tbs.len) != 1)
		return STATUS_MISMATCH;
	return digest_of(DIGEST_SHA256, tbs, out);
}
