/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/identity/making.h"

#include <stdlib.h>

#include "attestd/mint/identity/svid.h"

struct making {
	struct signing *signing;
	const struct right *right;
	struct svid svid;
	struct instant begun;
	struct question *question; /* NULL: it was answered */
	making_end end;
	void *context;
};

void made_done(struct made *made)
{
	bytes_done(&made->chain);
	bytes_wipe(&made->key);
	*made = (struct made){ 0 };
}

void making_free(struct making *making)
{
	if (making == NULL)
		return;
	signing_cancel(making->signing, making->question);
	svid_done(&making->svid);
	free(making);
}

static enum status finish(const struct making *making, struct span answer, struct made *made)
{
	AUTO_DONE(bytes) signature = { 0 };
	enum status status = signing_read_signature(answer, &signature);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&making->svid.tbs), &made->tbs);
	if (status == OK)
		status = svid_finish_der(&making->svid, &making->right->grant, span_of(&signature),
					 &made->chain, &made->key);
	return status;
}

/* By a clock that is behind, it would outlive the right under which it is valid. */
static int64_t lifetime_of(const struct making *making)
{
	int64_t lifetime = making->svid.not_after - making->begun.now;
	int64_t left = making->right->ends_s - making->begun.boot;

	return lifetime < left ? lifetime : left;
}

static void on_signed(void *context, enum status status, struct span body)
{
	struct making *making = context;
	AUTO_DONE(made)
	made = { .not_after = making->svid.not_after,
		 .begun = making->begun,
		 .lifetime_s = lifetime_of(making) };

	making->question = NULL;
	if (status == OK)
		status = finish(making, body, &made);
	making->end(making->context, status, &made);
}

enum status making_begin(const struct making_order *order, struct making **out)
{
	AUTO_DONE(bytes) names = { 0 };
	AUTO(making) making = calloc(1, sizeof(*making));
	const struct grant *grant = &order->right->grant;
	enum status status;

	if (making == NULL)
		return STATUS_NO_MEMORY;
	*making = (struct making){ .signing = order->signing,
				   .right = order->right,
				   .begun = order->at,
				   .end = order->end,
				   .context = order->context };
	if (!grant_entitles(grant, order->spiffe_id))
		return STATUS_DENIED;
	status = bytes_printf(&names, "%.*s%c", (int)order->spiffe_id.len,
			      (const char *)order->spiffe_id.data, '\0');
	if (status == OK)
		status = svid_make(grant, (const char *)names.data, order->at.now, &making->svid);
	if (status == OK)
		status = signing_ask_for_svid(order->signing, span_of(&making->svid.tbs),
					      order->subject, on_signed, making, &making->question);
	if (status != OK)
		return status;
	*out = making;
	making = NULL;
	return OK;
}
