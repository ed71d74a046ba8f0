/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "messages/limits.h"
#include "messages/statement.h"
#include "messages/statement_lines.h"

#define KIND "attestd-verdict/1"
#define NAME_MAX_BYTES (2 + DIGEST_MAX)
#define ENTITLEMENT_MAX 2048
/* Above IMA's, below those that anybody may reset. */
#define CAP_LEAST 11
#define CAP_MOST 15
#define DAY_S 86400

void verdict_init(struct verdict *verdict)
{
	memset(verdict, 0, offsetof(struct verdict, reasons));
}

struct verdict_reason *verdict_add_reason(struct verdict *verdict)
{
	struct verdict_reason *reason;

	if (verdict->reason_count >= VERDICT_REASONS_MAX)
		return NULL;
	reason = &verdict->reasons[verdict->reason_count++];
	*reason = (struct verdict_reason){ 0 };
	return reason;
}

void verdict_done(struct verdict *verdict)
{
	bytes_done(&verdict->nonce);
	bytes_done(&verdict->minting_key);
	bytes_done(&verdict->trust_domain);
	for (size_t i = 0; i < VERDICT_ENTITLEMENTS_MAX; i++)
		bytes_done(&verdict->entitlements[i]);
	bytes_done(&verdict->extras);
	for (size_t i = 0; i < verdict->reason_count; i++) {
		struct verdict_reason *reason = &verdict->reasons[i];

		bytes_done(&reason->code);
		bytes_done(&reason->layer);
		bytes_done(&reason->owner);
		bytes_done(&reason->detail);
	}
}

static void take_reason(struct lines *l, struct verdict_reason *reason)
{
	struct span rest = lines_field(l, "reason");
	struct span entry;

	lines_take_escaped(l, lines_word(l, &rest), 64, false, &reason->code);
	lines_take_escaped(l, lines_word(l, &rest), 64, false, &reason->layer);
	lines_take_escaped(l, lines_word(l, &rest), TEXT_VALUE_MAX, true, &reason->owner);
	entry = lines_word(l, &rest);
	if (!span_equal(entry, span_text("-"))) {
		reason->has_entry = true;
		reason->entry = lines_decimal(l, entry, UINT64_MAX);
	}
	lines_take_escaped(l, rest, TEXT_VALUE_MAX, true, &reason->detail);
}

static void take_digest(struct lines *l, const char *name, struct digest *out)
{
	struct span value = lines_field(l, name);

	if (l->status != OK || span_equal(value, span_text("-")))
		return;
	lines_fail(l, digest_text_parse(value, out));
}

static void take_generation(struct lines *l, struct verdict *v)
{
	AUTO_DONE(bytes) raw = { 0 };

	lines_take_hex(l, lines_field(l, "generation"), SHA256_SIZE, false, &raw);
	if (l->status == OK)
		lines_fail(l, digest_from(DIGEST_SHA256, span_of(&raw), &v->generation));
}

static void take_head(struct lines *l, struct verdict *v)
{
	struct span node = lines_field(l, "node");

	if (l->status == OK)
		lines_fail(l, node_id_parse(node, &v->node));
	lines_take_base64(l, lines_field(l, "nonce"), NONCE_MAX, &v->nonce);

	struct span state = lines_field(l, "state");
	if (l->status == OK)
		lines_fail(l, node_state_named(state, &v->state));
	v->issued = (int64_t)lines_decimal(l, lines_field(l, "issued"), INT64_MAX);
	v->expires = (int64_t)lines_decimal(l, lines_field(l, "expires"), INT64_MAX);
}

static enum status take_verdict(struct span text, struct verdict *v)
{
	struct lines l = lines_over(text, KIND);

	take_head(&l, v);
	take_generation(&l, v);
	v->cap = (unsigned)lines_decimal(&l, lines_field(&l, "cap"), CAP_MOST);
	if (lines_has(&l, "interval"))
		v->interval_s = (uint32_t)lines_decimal(&l, lines_field(&l, "interval"), DAY_S);
	v->has_journal = lines_has(&l, "journal");
	if (v->has_journal)
		v->journal = lines_decimal(&l, lines_field(&l, "journal"), INT64_MAX);
	lines_take_hex(&l, lines_field(&l, "minting-key"), NAME_MAX_BYTES, true, &v->minting_key);
	take_digest(&l, "certificate", &v->certificate);
	lines_take_escaped(&l, lines_field(&l, "trust-domain"), TRUST_DOMAIN_MAX, true,
			   &v->trust_domain);
	take_digest(&l, "entries", &v->entries);
	if (lines_has(&l, "bundle"))
		v->bundle = lines_decimal(&l, lines_field(&l, "bundle"), UINT64_MAX);
	while (v->entitlement_count < VERDICT_ENTITLEMENTS_MAX && lines_has(&l, "entitlement"))
		lines_take_escaped(&l, lines_field(&l, "entitlement"), ENTITLEMENT_MAX, false,
				   &v->entitlements[v->entitlement_count++]);
	while (v->reason_count < VERDICT_REASONS_MAX && lines_has(&l, "reason"))
		take_reason(&l, &v->reasons[v->reason_count++]);
	lines_fail(&l, bytes_copy(lines_take_extras(&l), &v->extras));
	return lines_end(&l);
}

enum status verdict_parse(struct span text, struct verdict *out)
{
	AUTO_DONE(verdict) v = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	enum status status = take_verdict(text, &v);

	/* One spelling: whatever reads the same is the same text. */
	if (status == OK)
		status = verdict_write(&v, &again);
	if (status != OK)
		return status;
	if (!span_equal(text, span_of(&again)))
		return STATUS_MALFORMED;
	*out = v;
	v = (struct verdict){ 0 };
	return OK;
}

static bool is_state_of_verdict(enum node_state state)
{
	return state == NODE_TRUSTED || state == NODE_WARNED || state == NODE_UNTRUSTED ||
	       state == NODE_QUARANTINED || state == NODE_RETIRED;
}

/* A right is there whole, or not at all. */
static bool is_consistent(const struct verdict *v)
{
	bool has_grant = v->certificate.alg != DIGEST_NONE;

	if (v->generation.alg != DIGEST_SHA256 || v->nonce.len == 0 || v->issued < 0)
		return false;
	if (!is_state_of_verdict(v->state) || v->cap < CAP_LEAST || v->cap > CAP_MOST)
		return false;
	if (v->interval_s > DAY_S)
		return false;
	if (!has_grant)
		return v->expires == 0 && v->trust_domain.len == 0 &&
		       v->entries.alg == DIGEST_NONE && v->bundle == 0 && v->entitlement_count == 0;
	return v->certificate.alg == DIGEST_SHA256 && v->entries.alg == DIGEST_SHA256 &&
	       v->state == NODE_TRUSTED && v->expires > v->issued && v->minting_key.len > 0 &&
	       trust_domain_is_valid(span_of(&v->trust_domain));
}

static void put_reason(struct line_writer *w, const struct verdict_reason *reason)
{
	if (!code_is_valid(span_of(&reason->code)) || !code_is_valid(span_of(&reason->layer)))
		w->status = STATUS_MALFORMED;
	line_text(w, "reason ");
	line_escaped(w, span_of(&reason->code));
	line_text(w, " ");
	line_escaped(w, span_of(&reason->layer));
	line_text(w, " ");
	line_escaped(w, span_of(&reason->owner));
	line_text(w, " ");
	if (reason->has_entry)
		line_decimal(w, reason->entry);
	else
		line_text(w, "-");
	line_text(w, " ");
	line_escaped(w, span_of(&reason->detail));
	line_text(w, "\n");
}

static void put_digest(struct line_writer *w, const char *name, const struct digest *digest)
{
	line_text(w, name);
	line_text(w, digest->alg == DIGEST_NONE ? " " : " sha256:");
	line_hex(w, digest_span(digest));
	line_text(w, "\n");
}

static void put_head(struct line_writer *w, const struct verdict *v)
{
	line_text(w, KIND "\nnode ");
	line_hex(w, node_id_span(&v->node));
	line_text(w, "\nnonce ");
	line_base64(w, span_of(&v->nonce));
	line_text(w, "\nstate ");
	line_text(w, node_state_name(v->state));
	line_text(w, "\nissued ");
	line_decimal(w, (uint64_t)v->issued);
	line_text(w, "\nexpires ");
	line_decimal(w, (uint64_t)v->expires);
	line_text(w, "\ngeneration ");
	line_hex(w, digest_span(&v->generation));
	line_text(w, "\ncap ");
	line_decimal(w, v->cap);
	if (v->interval_s > 0) {
		line_text(w, "\ninterval ");
		line_decimal(w, v->interval_s);
	}
	if (v->has_journal) {
		line_text(w, "\njournal ");
		line_decimal(w, v->journal);
	}
	line_text(w, "\nminting-key ");
	line_hex(w, span_of(&v->minting_key));
	line_text(w, "\n");
	put_digest(w, "certificate", &v->certificate);
	line_text(w, "trust-domain ");
	line_escaped(w, span_of(&v->trust_domain));
	line_text(w, "\n");
	put_digest(w, "entries", &v->entries);
	if (v->bundle > 0) {
		line_text(w, "bundle ");
		line_decimal(w, v->bundle);
		line_text(w, "\n");
	}
}

enum status verdict_write(const struct verdict *v, struct bytes *text)
{
	struct line_writer w = { .out = text };

	if (!is_consistent(v) || v->entitlement_count > VERDICT_ENTITLEMENTS_MAX ||
	    v->reason_count > VERDICT_REASONS_MAX)
		return STATUS_MALFORMED;
	put_head(&w, v);
	for (size_t i = 0; i < v->entitlement_count; i++) {
		if (!span_starts_with(span_of(&v->entitlements[i]), "spiffe://"))
			return STATUS_MALFORMED;
		line_text(&w, "entitlement ");
		line_escaped(&w, span_of(&v->entitlements[i]));
		line_text(&w, "\n");
	}
	for (size_t i = 0; i < v->reason_count; i++)
		put_reason(&w, &v->reasons[i]);
	line_extras(&w, span_of(&v->extras));
	line_text(&w, "end\n");
	return w.status;
}
