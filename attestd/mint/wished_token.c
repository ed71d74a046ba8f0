/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/wished_token.h"

#include <openssl/crypto.h>
#include <sys/random.h>

#include "attestd/frames.h"
#include "attestd/mint/token_validation.h"
#include "base/writer.h"
#include "messages/report.h"
#include "messages/sealed.h"

static enum status make_key(EVP_PKEY **out)
{
	uint8_t scalar[SEALED_SCALAR_SIZE];
	enum status status = STATUS_MISMATCH;

	while (status == STATUS_MISMATCH) {
		if (getrandom(scalar, sizeof(scalar), 0) != (ssize_t)sizeof(scalar))
			return STATUS_UNAVAILABLE;
		status = sealing_key(scalar, out);
	}
	OPENSSL_cleanse(scalar, sizeof(scalar));
	return status;
}

bool wished_token_fits(const struct entry *entry, const struct audiences *audiences)
{
	struct report_jwt line = { .ticket = INT64_MAX,
				   .entry = span_of(&entry->name),
				   .spiffe_id = span_of(&entry->spiffe_id),
				   .audience_count = audiences->count };

	_Static_assert(WORKLOAD_AUDIENCES_MAX == REPORT_AUDIENCES_MAX, "one count");
	for (size_t i = 0; i < audiences->count; i++)
		line.audiences[i] = span_of(&audiences->items[i]);
	return report_jwt_fits(&line);
}

enum status wished_token_init(struct wished_token *w, const struct entry *entry, uint64_t ticket)
{
	enum status status = bytes_copy(span_of(&entry->name), &w->entry);

	w->ticket = ticket;
	if (status == OK)
		status = bytes_copy(span_of(&entry->spiffe_id), &w->spiffe_id);
	if (status == OK)
		status = bytes_copy(span_of(&entry->hint), &w->hint);
	return status == OK ? make_key(&w->key) : status;
}

void wished_token_done(struct wished_token *w)
{
	bytes_done(&w->entry);
	bytes_done(&w->spiffe_id);
	bytes_done(&w->hint);
	EVP_PKEY_free(w->key);
	bytes_wipe(&w->token);
}

enum status wished_token_encode(const struct wished_token *w, const struct audiences *audiences,
				struct bytes *out)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer to = writer_to(&body, FRAME_SMALL_MAX);
	uint8_t point[SEALED_POINT_SIZE];
	enum status status = sealing_point(w->key, point);

	writer_be64(&to, w->ticket);
	writer_sized(&to, span_of(&w->entry));
	writer_sized(&to, span_of(&w->spiffe_id));
	writer_sized(&to, (struct span){ point, sizeof(point) });
	writer_u8(&to, (uint8_t)audiences->count);
	for (size_t i = 0; i < audiences->count; i++)
		writer_sized(&to, span_of(&audiences->items[i]));
	if (status == OK)
		status = writer_end(&to);
	if (status != OK)
		return status;
	*out = body;
	body = (struct bytes){ 0 };
	return OK;
}

static enum status check_token(const struct wished_token *w, const struct audiences *audiences,
			       const struct right *right, struct span token)
{
	enum status status = OK;

	for (size_t i = 0; i < audiences->count && status == OK; i++) {
		AUTO_DONE(jwt_svid) svid = { 0 };
		const char *fault = NULL;

		status = token_verify(&right->bundle.own, token, span_of(&audiences->items[i]),
				      &svid, &fault);
		if (status == OK &&
		    (!span_equal(span_of(&svid.spiffe_id), span_of(&w->spiffe_id)) ||
		     svid.expires > right->grant.verdict.expires))
			status = STATUS_MISMATCH;
	}
	return status;
}

enum status wished_token_open(struct wished_token *w, const struct audiences *audiences,
			      const struct right *right, struct span sealed)
{
	const struct verdict *v = &right->grant.verdict;
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) token = { 0 };
	enum status status = sealed_jwt_context(&v->node, span_of(&v->nonce), w->ticket, &context);

	if (status == OK)
		status = unseal(w->key, span_of(&context), sealed, &token);
	if (status == OK)
		status = check_token(w, audiences, right, span_of(&token));
	if (status != OK)
		return status;
	w->token = token;
	token = (struct bytes){ 0 };
	return OK;
}
