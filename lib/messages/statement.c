/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/statement.h"

#include "messages/limits.h"
#include "messages/statement_lines.h"

#define BUNDLE_KIND "attestd-bundle/1"
#define ACT_KIND "attestd-act/1"

void trust_anchors_done(struct trust_anchors *anchors)
{
	bytes_done(&anchors->trust_domain);
	for (size_t i = 0; i < BUNDLE_CERTIFICATES_MAX; i++)
		bytes_done(&anchors->certificates[i]);
	for (size_t i = 0; i < BUNDLE_JWT_KEYS_MAX; i++) {
		bytes_done(&anchors->jwt_keys[i].kid);
		bytes_done(&anchors->jwt_keys[i].spki);
	}
}

void bundle_done(struct bundle *bundle)
{
	trust_anchors_done(&bundle->own);
	for (size_t i = 0; i < BUNDLE_FEDERATED_MAX; i++)
		trust_anchors_done(&bundle->federated[i]);
	bytes_done(&bundle->extras);
}

const struct trust_anchors *bundle_anchors(const struct bundle *bundle, struct span trust_domain)
{
	if (span_equal(span_of(&bundle->own.trust_domain), trust_domain))
		return &bundle->own;
	for (size_t i = 0; i < bundle->federated_count; i++)
		if (span_equal(span_of(&bundle->federated[i].trust_domain), trust_domain))
			return &bundle->federated[i];
	return NULL;
}

bool kid_is_valid(struct span kid)
{
	if (kid.len == 0 || kid.len > KID_MAX)
		return false;
	for (size_t i = 0; i < kid.len; i++) {
		uint8_t c = kid.data[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return true;
}

static void take_jwt_key(struct lines *l, struct jwt_key *key)
{
	struct span value = lines_field(l, "jwt-key");

	lines_take_escaped(l, lines_word(l, &value), KID_MAX, false, &key->kid);
	lines_take_base64(l, value, JWT_KEY_SPKI_MAX, &key->spki);
}

static void take_trust_domain(struct lines *l, const char *name, struct trust_anchors *a)
{
	lines_take_escaped(l, lines_field(l, name), TRUST_DOMAIN_MAX, false, &a->trust_domain);
}

static void take_anchors(struct lines *l, struct trust_anchors *a)
{
	while (a->certificate_count < BUNDLE_CERTIFICATES_MAX && lines_has(l, "certificate"))
		lines_take_base64(l, lines_field(l, "certificate"), CERTIFICATE_DER_MAX,
				  &a->certificates[a->certificate_count++]);
	while (a->jwt_key_count < BUNDLE_JWT_KEYS_MAX && lines_has(l, "jwt-key"))
		take_jwt_key(l, &a->jwt_keys[a->jwt_key_count++]);
}

static enum status take_bundle(struct span text, struct bundle *b)
{
	struct lines l = lines_over(text, BUNDLE_KIND);

	take_trust_domain(&l, "trust-domain", &b->own);
	b->sequence = lines_decimal(&l, lines_field(&l, "sequence"), UINT64_MAX);
	take_anchors(&l, &b->own);
	while (b->federated_count < BUNDLE_FEDERATED_MAX && lines_has(&l, "federated")) {
		struct trust_anchors *a = &b->federated[b->federated_count++];

		take_trust_domain(&l, "federated", a);
		take_anchors(&l, a);
	}
	lines_fail(&l, bytes_copy(lines_take_extras(&l), &b->extras));
	return lines_end(&l);
}

enum status bundle_parse(struct span text, struct bundle *out)
{
	AUTO_DONE(bundle) b = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	enum status status = take_bundle(text, &b);

	if (status == OK)
		status = bundle_write(&b, &again);
	if (status != OK)
		return status;
	if (!span_equal(text, span_of(&again)))
		return STATUS_MALFORMED;
	*out = b;
	b = (struct bundle){ 0 };
	return OK;
}

/* Of two keys with one kid, it would be anybody's guess which one is meant. */
static bool jwt_keys_are_valid(const struct trust_anchors *anchors)
{
	if (anchors->jwt_key_count > BUNDLE_JWT_KEYS_MAX)
		return false;
	for (size_t i = 0; i < anchors->jwt_key_count; i++) {
		struct span kid = span_of(&anchors->jwt_keys[i].kid);

		if (!kid_is_valid(kid) || anchors->jwt_keys[i].spki.len == 0)
			return false;
		for (size_t j = 0; j < i; j++)
			if (span_equal(kid, span_of(&anchors->jwt_keys[j].kid)))
				return false;
	}
	return true;
}

static bool anchors_are_valid(const struct trust_anchors *anchors)
{
	return trust_domain_is_valid(span_of(&anchors->trust_domain)) &&
	       anchors->certificate_count <= BUNDLE_CERTIFICATES_MAX && jwt_keys_are_valid(anchors);
}

/* Some may issue X.509-SVIDs alone, or JWT-SVIDs alone. */
static bool federated_are_valid(const struct bundle *bundle)
{
	if (bundle->federated_count > BUNDLE_FEDERATED_MAX)
		return false;
	for (size_t i = 0; i < bundle->federated_count; i++) {
		const struct trust_anchors *a = &bundle->federated[i];
		struct span name = span_of(&a->trust_domain);

		if (!anchors_are_valid(a) || a->certificate_count + a->jwt_key_count == 0 ||
		    span_equal(name, span_of(&bundle->own.trust_domain)))
			return false;
		if (i > 0 && span_compare(span_of(&a[-1].trust_domain), name) >= 0)
			return false;
	}
	return true;
}

static void put_anchors(struct line_writer *w, const struct trust_anchors *anchors)
{
	for (size_t i = 0; i < anchors->certificate_count; i++) {
		line_text(w, "certificate ");
		line_base64(w, span_of(&anchors->certificates[i]));
		line_text(w, "\n");
	}
	for (size_t i = 0; i < anchors->jwt_key_count; i++) {
		line_text(w, "jwt-key ");
		line_escaped(w, span_of(&anchors->jwt_keys[i].kid));
		line_text(w, " ");
		line_base64(w, span_of(&anchors->jwt_keys[i].spki));
		line_text(w, "\n");
	}
}

enum status bundle_write(const struct bundle *bundle, struct bytes *text)
{
	struct line_writer w = { .out = text };

	if (!anchors_are_valid(&bundle->own) || bundle->own.certificate_count == 0 ||
	    !federated_are_valid(bundle))
		return STATUS_MALFORMED;
	line_text(&w, BUNDLE_KIND "\ntrust-domain ");
	line_escaped(&w, span_of(&bundle->own.trust_domain));
	line_text(&w, "\nsequence ");
	line_decimal(&w, bundle->sequence);
	line_text(&w, "\n");
	put_anchors(&w, &bundle->own);
	for (size_t i = 0; i < bundle->federated_count; i++) {
		line_text(&w, "federated ");
		line_escaped(&w, span_of(&bundle->federated[i].trust_domain));
		line_text(&w, "\n");
		put_anchors(&w, &bundle->federated[i]);
	}
	line_extras(&w, span_of(&bundle->extras));
	line_text(&w, "end\n");
	return w.status;
}

void act_done(struct act *act)
{
	bytes_done(&act->host);
	bytes_done(&act->class);
	entry_done(&act->entry);
	bytes_done(&act->reason);
}

static const char *const verb_names[] = { "approve", "release", "add-entry", "release-entry" };

#define VERBS (sizeof(verb_names) / sizeof(verb_names[0]))

static void take_verb(struct lines *l, struct act *a)
{
	struct span verb = lines_field(l, "verb");

	for (size_t i = 0; i < VERBS; i++) {
		if (!span_equal(verb, span_text(verb_names[i])))
			continue;
		a->verb = (enum act_verb)i;
		return;
	}
	lines_fail(l, STATUS_UNSUPPORTED);
}

static void take_entry(struct lines *l, struct act *a)
{
	bool is_whole = a->verb == ACT_ADD_ENTRY;

	if (is_whole)
		lines_take_escaped(l, lines_field(l, "class"), CLASS_NAME_MAX, false, &a->class);

	struct span entry = lines_field(l, "entry");

	if (is_whole && l->status == OK)
		lines_fail(l, entry_parse(entry, &a->entry));
	else
		lines_take_escaped(l, entry, ENTRY_NAME_MAX, false, &a->entry.name);
}

static void take_node(struct lines *l, struct act *a)
{
	struct span node = lines_field(l, "node");

	if (l->status == OK)
		lines_fail(l, node_id_parse(node, &a->node));
	lines_take_escaped(l, lines_field(l, "host"), HOSTNAME_MAX, true, &a->host);
	lines_take_escaped(l, lines_field(l, "class"), CLASS_NAME_MAX, true, &a->class);
}

static enum status take_act(struct span text, struct act *a)
{
	struct lines l = lines_over(text, ACT_KIND);

	take_verb(&l, a);
	if (act_verb_is_of_entry(a->verb))
		take_entry(&l, a);
	else
		take_node(&l, a);
	lines_take_escaped(&l, lines_field(&l, "reason"), TEXT_VALUE_MAX, false, &a->reason);
	a->time = (int64_t)lines_decimal(&l, lines_field(&l, "time"), INT64_MAX);
	return lines_end(&l);
}

enum status act_parse(struct span text, struct act *out)
{
	AUTO_DONE(act) a = { 0 };
	AUTO_DONE(bytes) again = { 0 };
	enum status status = take_act(text, &a);

	if (status == OK)
		status = act_write(&a, &again);
	if (status != OK)
		return status;
	if (!span_equal(text, span_of(&again)))
		return STATUS_MALFORMED;
	*out = a;
	a = (struct act){ 0 };
	return OK;
}

/* An approval names host and class; a release neither. Which digests an entry's
 * executable may have, releases say. */
static bool is_consistent(const struct act *act)
{
	if (act->reason.len == 0 || act->time < 0)
		return false;
	switch (act->verb) {
	case ACT_APPROVE:
		return hostname_is_valid(span_of(&act->host)) &&
		       class_name_is_valid(span_of(&act->class));
	case ACT_RELEASE:
		return act->host.len == 0 && act->class.len == 0;
	case ACT_ADD_ENTRY:
		return class_name_is_valid(span_of(&act->class)) && entry_is_valid(&act->entry) &&
		       act->entry.digests.len == 0;
	case ACT_RELEASE_ENTRY:
		return entry_name_is_valid(span_of(&act->entry.name));
	}
	return false;
}

static void put_entry(struct line_writer *w, const struct act *act)
{
	if (act->verb == ACT_ADD_ENTRY) {
		line_text(w, "\nclass ");
		line_escaped(w, span_of(&act->class));
	}
	line_text(w, "\nentry ");
	if (act->verb == ACT_RELEASE_ENTRY)
		line_escaped(w, span_of(&act->entry.name));
	else if (w->status == OK)
		w->status = entry_write(&act->entry, w->out);
}

static void put_node(struct line_writer *w, const struct act *act)
{
	line_text(w, "\nnode ");
	line_hex(w, node_id_span(&act->node));
	line_text(w, "\nhost ");
	line_escaped(w, span_of(&act->host));
	line_text(w, "\nclass ");
	line_escaped(w, span_of(&act->class));
}

enum status act_write(const struct act *act, struct bytes *text)
{
	struct line_writer w = { .out = text };

	if (!is_consistent(act))
		return STATUS_MALFORMED;
	line_text(&w, ACT_KIND "\nverb ");
	line_text(&w, verb_names[act->verb]);
	if (act_verb_is_of_entry(act->verb))
		put_entry(&w, act);
	else
		put_node(&w, act);
	line_text(&w, "\nreason ");
	line_escaped(&w, span_of(&act->reason));
	line_text(&w, "\ntime ");
	line_decimal(&w, (uint64_t)act->time);
	line_text(&w, "\nend\n");
	return w.status;
}
