/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/crypto.h>

#include "base/text.h"
#include "messages/entries.h"
#include "messages/report.h"
#include "messages/sealed.h"
#include "messages/spiffe_id.h"
#include "verifier/signer/core.h"
#include "verifier/signer/jws.h"

#define JTI_SIZE 16
#define SCALAR_TRIES 4

/* What one token is made of. */
struct minting {
	struct turn *turn;
	const struct pending *pending;
	const struct grant *grant;
	const struct report_jwt *wish;
	uint8_t jti[JTI_SIZE];
	int64_t expires;
};

/* Is the identity one of those that the node's class may have? */
static bool is_entitled(const struct minting *m)
{
	const struct reference *ref = &m->turn->signer->reference;
	struct ref_range patterns = m->grant->node_class.id_patterns;
	struct span id = m->wish->spiffe_id;

	if (!spiffe_id_is_valid(id) ||
	    !span_equal(spiffe_id_trust_domain(id), span_text(m->grant->authority->trust_domain)))
		return false;
	for (uint32_t i = 0; i < patterns.count; i++)
		if (spiffe_id_matches(reference_text(ref, patterns.first + i), id))
			return true;
	return false;
}

/* NULL: the entry allows it. The node says which entry admitted a workload; what that
 * entry allows, and whether it is still there, only the store says. */
static const char *entry_refuses(const struct minting *m, const struct entry_row *row)
{
	AUTO_DONE(entry) entry = { 0 };

	if (row->standing == ENTRY_QUARANTINED)
		return "entry-quarantined";
	if (row->standing != ENTRY_ACTIVE ||
	    !span_equal(row->class_name, m->pending->row.class_name) ||
	    entry_parse(row->line, &entry) != OK)
		return "entry-unknown";
	if (!span_equal(span_of(&entry.spiffe_id), m->wish->spiffe_id))
		return "entry-unknown";
	return entry.may_jwt ? NULL : "entry-without-jwt";
}

static enum status check_wish(const struct minting *m, const char **refused)
{
	struct entry_row row;
	enum status status =
		store_entry(m->turn->signer->store, m->wish->entry, m->turn->keep, &row);

	if (status != OK && status != STATUS_NOT_FOUND)
		return status;
	*refused = status == OK ? entry_refuses(m, &row) : "entry-unknown";
	if (*refused == NULL && !is_entitled(m))
		*refused = "identity-not-entitled";
	if (*refused == NULL && m->grant->authority->jwt.count == 0)
		*refused = "jwt-key-missing";
	return OK;
}

static enum status write_claims(const struct minting *m, struct bytes *out)
{
	struct json_writer w = json_to(out);

	json_open(&w, NULL, '{');
	json_text(&w, "sub", m->wish->spiffe_id);
	json_open(&w, "aud", '[');
	for (size_t i = 0; i < m->wish->audience_count; i++)
		json_text(&w, NULL, m->wish->audiences[i]);
	json_close(&w, ']');
	json_int(&w, "iat", m->turn->now);
	json_int(&w, "exp", m->expires);
	jws_put(&w, "jti", (struct span){ m->jti, JTI_SIZE });
	json_close(&w, '}');
	return json_end(&w);
}

static enum status make_token(const struct minting *m, struct bytes *token)
{
	const struct jwt_signer *jwt = &m->grant->authority->jwt;
	AUTO_DONE(bytes) claims = { 0 };
	enum status status = write_claims(m, &claims);

	return status == OK
		       ? jws_sign(&jwt->signer, span_of(&jwt->kids[0]), span_of(&claims), token)
		       : status;
}

static enum status make_sender(const struct turn *turn, EVP_PKEY **out)
{
	uint8_t scalar[SEALED_SCALAR_SIZE];
	enum status status = STATUS_MISMATCH;

	for (int i = 0; i < SCALAR_TRIES && status == STATUS_MISMATCH; i++) {
		status = turn->random(scalar, sizeof(scalar));
		if (status == OK)
			status = sealing_key(scalar, out);
	}
	OPENSSL_cleanse(scalar, sizeof(scalar));
	return status;
}

/* TLS ends in the front, and an agent carries the answer: only who asked reads it. */
static enum status seal_token(const struct minting *m, struct span token, struct bytes *sealed,
			      bool *is_no_reader)
{
	AUTO_DONE(bytes) context = { 0 };
	EVP_PKEY *made = NULL;
	enum status status = make_sender(m->turn, &made);
	AUTO(EVP_PKEY) sender = made;

	if (status == OK)
		status = sealed_jwt_context(&m->pending->row.node, m->pending->nonce,
					    m->wish->ticket, &context);
	if (status != OK)
		return status;
	status = seal(sender, (struct span){ m->wish->recipient, RECIPIENT_KEY_SIZE },
		      span_of(&context), token, sealed);
	/* A reader that is no point of the curve is the wish's fault. */
	*is_no_reader = status == STATUS_MALFORMED;
	return status;
}

/* What is put on record. */
static enum status write_line(const struct minting *m, struct bytes *line)
{
	enum status status = base64url_append(line, (struct span){ m->jti, JTI_SIZE });

	if (status == OK)
		status =
			bytes_printf(line, " %.*s %.*s until %lld for", (int)m->wish->entry.len,
				     (const char *)m->wish->entry.data, (int)m->wish->spiffe_id.len,
				     (const char *)m->wish->spiffe_id.data, (long long)m->expires);
	for (size_t i = 0; i < m->wish->audience_count && status == OK; i++)
		status = bytes_printf(line, " %.*s", (int)m->wish->audiences[i].len,
				      (const char *)m->wish->audiences[i].data);
	return status;
}

static enum status mint_one(struct minting *m, struct span *sealed, const char **refused)
{
	AUTO_DONE(bytes) line = { 0 };
	AUTO_DONE(bytes) token = { 0 };
	AUTO_DONE(bytes) made = { 0 };
	bool is_no_reader = false;
	enum status status = m->turn->random(m->jti, sizeof(m->jti));

	if (status == OK)
		status = write_line(m, &line);
	/* What no record has room for is not minted; the node's right has nothing to do with it. */
	if (status == OK && line.len >= SIGNER_AUDIT_TEXT_MAX) {
		*refused = "audience-too-long";
		return OK;
	}
	if (status == OK)
		status = make_token(m, &token);
	if (status == OK)
		status = seal_token(m, span_of(&token), &made, &is_no_reader);
	bytes_wipe(&token);
	if (is_no_reader) {
		*refused = "recipient-invalid";
		return OK;
	}
	if (status == OK)
		status = keep_bytes(m->turn->keep, &made, sealed);
	return status == OK ? audit_note(m->turn, "jwt", (struct span){ 0 }, &m->pending->row.node,
					 "%.*s", (int)line.len, (const char *)line.data)
			    : status;
}

static enum status answer_wish(struct minting *m, struct jwt_item *out)
{
	const char *refused = NULL;
	enum status status = check_wish(m, &refused);

	*out = (struct jwt_item){ .ticket = m->wish->ticket };
	if (status == OK && refused == NULL)
		status = mint_one(m, &out->sealed, &refused);
	if (status == OK && refused != NULL)
		out->refused = span_text(refused);
	return status;
}

enum status jwt_svids_mint(struct turn *turn, const struct pending *p, const struct grant *grant,
			   struct result *result)
{
	struct report report;
	int64_t end = turn->now + turn->signer->jwt_lifetime_s;

	if (!p->has_wishes || grant->expires == 0)
		return OK;

	enum status status = report_parse(p->report, &report);

	/* Whatever a token would outlive is no ground for it. */
	struct minting m = { .turn = turn,
			     .pending = p,
			     .grant = grant,
			     .expires = end < grant->expires ? end : grant->expires };

	for (size_t i = 0; i < report.jwt_count && status == OK; i++) {
		m.wish = &report.jwts[i];
		status = answer_wish(&m, &result->jwts.items[i]);
		result->jwts.count = i + 1;
	}
	return status;
}
