/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/boot_match.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tpm/boot_payload.h"
#include "verifier/appraisal/boot_ignored.h"
#include "verifier/appraisal/command_line.h"
#include "verifier/appraisal/secure_boot.h"

#define PCR_FIRMWARE_LAST 7 /* PCR 0-7 end with a separator each (TCG PFP 3.3.4) */
#define PCR_SECURE_BOOT 7
#define PCR_GRUB_TEXT 8
#define PCR_GRUB_FILES 9
#define PCR_SHIM 14 /* MokList, MokSBState: their digests, not their names */

/* One walk over the log. The type of an event is not measured: only digests,
 * and payloads that they cover, decide anything (b01, b02). */
struct walk {
	const struct boot_match_input *input;
	const struct boot_rules *rules;
	struct hasher bank;
	struct hasher sha256;
	struct digest separator[2]; /* of four zero bytes, of four 0xff bytes */
	struct boot_match match;
	pcr_mask seen; /* PCRs with an event */
	pcr_mask separated; /* PCRs whose separator has passed */
	unsigned variables; /* bit n: enum secure_boot_variable n was seen */
	uint32_t chain_next; /* rules of the chain that have had their turn */
	bool matched[BOOT_RULES_MAX]; /* event rules, by their place in the range */
	uint64_t initrds; /* bit n: the n-th of the release's was seen */
	size_t initrds_named; /* by one command of GRUB's; the most */
	bool has_cmdline, has_sbat;
	struct lockdown_words lockdown; /* the weakest that a command line names */
	bool has_default_lockdown; /* one names none */
};

static void walk_done(struct walk *w)
{
	hasher_done(&w->bank);
	hasher_done(&w->sha256);
}

AUTO_RELEASE(walk, walk_done);

static bool is_in(pcr_mask mask, unsigned pcr)
{
	return (mask >> pcr & 1) != 0;
}

static enum layer layer_of_pcr(unsigned pcr)
{
	if (pcr == 4 || pcr == 5 || pcr == 14)
		return LAYER_BOOT_CHAIN;
	if (pcr <= PCR_FIRMWARE_LAST)
		return LAYER_FIRMWARE;
	return pcr <= 12 ? LAYER_KERNEL : LAYER_BOOT_CHAIN;
}

static void fail_event(struct walk *w, enum reason reason, const struct boot_event *event)
{
	AUTO_DONE(bytes) digest = { 0 };
	struct finding f = finding_of(reason);
	const char *type = boot_event_name(event->type);
	char head[96];

	if (reason == REASON_BOOT_EVENT_UNKNOWN ||
	    (reason == REASON_BOOT_EVENT_ORDER && event->pcr == PCR_GRUB_TEXT))
		f.layer = layer_of_pcr(event->pcr);
	f.entry = event->index;
	(void)snprintf(head, sizeof(head), "pcr=%u type=%s", event->pcr,
		       type == NULL ? "unknown" : type);
	finding_detail(&f, head, (struct span){ 0 });
	if (boot_event_digest(event, w->input->bank) != NULL &&
	    digest_text_append(&digest, boot_event_digest(event, w->input->bank)) == OK)
		finding_detail(&f, NULL, span_of(&digest));
	findings_add(&w->match.findings, &f);
	if (w->input->unexplained != NULL)
		w->input->unexplained(w->input->self, &f, event);
}

static void fail_missing(struct walk *w, enum reason reason, enum layer layer, const char *what,
			 struct span name)
{
	struct finding f = finding_of(reason);

	f.layer = layer;
	finding_detail(&f, what, name);
	findings_add(&w->match.findings, &f);
}

/* What became of an event at one of the stations below. */
enum turn {
	TURN_PASSED_ON, /* not its business */
	TURN_EXPLAINED,
	TURN_FAILED, /* and said so */
};

struct visit {
	const struct boot_event *event;
	const struct digest *digest;
	bool is_measured; /* the payload is what was hashed; else never believe it */
	struct span text; /* its measured part */
	bool is_listed; /* by a rule for events */
};

static enum turn failed(struct walk *w, enum reason reason, const struct visit *v)
{
	fail_event(w, reason, v->event);
	return TURN_FAILED;
}

/* Whatever its type says: a separator relabelled is still one (b01, b03). */
static enum turn visit_separator(struct walk *w, const struct visit *v)
{
	unsigned pcr = v->event->pcr;
	bool is_separator = digest_equal(v->digest, &w->separator[0]) ||
			    digest_equal(v->digest, &w->separator[1]);

	if (pcr > PCR_FIRMWARE_LAST)
		return TURN_PASSED_ON;
	if (!is_separator) /* an error's separator, or one of another content */
		return v->event->type == EV_SEPARATOR ? failed(w, REASON_BOOT_EVENT_UNKNOWN, v)
						      : TURN_PASSED_ON;
	if (is_in(w->separated, pcr))
		return failed(w, REASON_BOOT_EVENT_ORDER, v);
	w->separated |= (pcr_mask)1 << pcr;
	return TURN_EXPLAINED;
}

static enum turn visit_policy_variable(struct walk *w, const struct visit *v,
				       const struct uefi_variable *variable)
{
	enum secure_boot_variable which = secure_boot_variable_of(variable);
	enum reason why = REASON_NONE;

	if (which == SECURE_BOOT_VARIABLES)
		return TURN_PASSED_ON;
	/* A second one would let a log show the good one and mean the other. */
	if ((w->variables >> which & 1u) != 0)
		return failed(w, REASON_BOOT_EVENT_ORDER, v);
	/* Before it is looked at: one that fails does not come again, either. */
	w->variables |= 1u << which;
	if (secure_boot_check(w->input->ref, w->rules, which, variable->content, &w->sha256,
			      &why) != OK)
		why = REASON_RELEASE_UNUSABLE;
	if (why != REASON_NONE)
		return failed(w, why, v);
	return TURN_EXPLAINED;
}

static enum turn visit_authority(struct walk *w, const struct visit *v,
				 const struct uefi_variable *variable)
{
	bool is_listed = false;

	/* Listed or ignored: a release that wants Secure Boot cannot mean it. */
	if (secure_boot_is_unvalidated(variable))
		return failed(w, REASON_SECURE_BOOT_OFF, v);
	if (secure_boot_is_sbat_level(variable) && w->rules->sbat_minimum.len > 0) {
		if (!sbat_is_at_least(variable->content, w->rules->sbat_minimum))
			return failed(w, REASON_SBAT_BELOW_MINIMUM, v);
		w->has_sbat = true;
		return TURN_EXPLAINED;
	}
	if (!secure_boot_is_db_authority(variable))
		return TURN_PASSED_ON;
	if (secure_boot_authority_check(w->input->ref, w->rules, variable->content, &w->sha256,
					&is_listed) != OK ||
	    !is_listed)
		return failed(w, REASON_SECURE_BOOT_KEYS, v);
	return TURN_EXPLAINED;
}

/* PCR 7: configuration, its separator, then nothing but authorities. */
static enum turn visit_secure_boot(struct walk *w, const struct visit *v)
{
	bool is_separated = is_in(w->separated, PCR_SECURE_BOOT);
	struct uefi_variable variable;

	if (v->event->pcr != PCR_SECURE_BOOT || !w->rules->secure_boot)
		return TURN_PASSED_ON;
	if (is_separated != (v->event->type == EV_EFI_VARIABLE_AUTHORITY))
		return failed(w, REASON_BOOT_EVENT_ORDER, v);
	if (v->event->type != EV_EFI_VARIABLE_AUTHORITY &&
	    v->event->type != EV_EFI_VARIABLE_DRIVER_CONFIG)
		return TURN_PASSED_ON;
	if (!v->is_measured || uefi_variable_parse(v->event->payload, &variable) != OK)
		return failed(w, REASON_BOOT_PAYLOAD_UNMEASURED, v);
	return is_separated ? visit_authority(w, v, &variable)
			    : visit_policy_variable(w, v, &variable);
}

/* Images run in the chain's order. One that is loaded twice in a row (GRUB lets
 * shim verify the kernel, then loads it) stands in the log twice. */
static enum turn visit_chain(struct walk *w, const struct visit *v)
{
	struct ref_range chain = w->rules->chain;
	bool is_of_chain = false;

	if (v->event->type != EV_EFI_BOOT_SERVICES_APPLICATION)
		return TURN_PASSED_ON;
	for (uint32_t i = w->chain_next == 0 ? 0 : w->chain_next - 1; i < chain.count; i++) {
		struct boot_rule rule;

		if (reference_boot_rule(w->input->ref, chain.first + i, &rule) != OK)
			return failed(w, REASON_RELEASE_UNUSABLE, v);
		is_of_chain = is_of_chain || rule.pcr == v->event->pcr;
		if (rule.pcr == v->event->pcr &&
		    reference_range_has_digest(w->input->ref, rule.digests, v->digest)) {
			w->chain_next = i + 1;
			return TURN_EXPLAINED;
		}
		if (i >= w->chain_next && rule.is_required)
			break; /* its turn comes first */
	}
	return is_of_chain ? failed(w, REASON_BOOT_IMAGE_UNKNOWN, v) : TURN_PASSED_ON;
}

static void note_lockdown(struct walk *w, struct span line)
{
	struct lockdown_words words = command_line_lockdown(line);

	/* Of several lines the weakest one counts. */
	if (!words.is_named)
		w->has_default_lockdown = true;
	else if (!w->lockdown.is_named || words.level < w->lockdown.level)
		w->lockdown = words;
}

static void note_initrds(struct walk *w, struct span text)
{
	size_t named = command_line_initrds(text);

	if (named > w->initrds_named)
		w->initrds_named = named;
}

static enum turn visit_command_line(struct walk *w, const struct visit *v)
{
	struct span line = v->text;

	if (v->event->pcr != PCR_GRUB_TEXT)
		return TURN_PASSED_ON;
	/* A GRUB that shows one text shows all: by its digest alone, a listed one would
	 * say nothing of what it loads. */
	if (!v->is_measured)
		return v->is_listed && w->rules->cmdline.count > 0
			       ? failed(w, REASON_BOOT_PAYLOAD_UNMEASURED, v)
			       : TURN_PASSED_ON;
	note_initrds(w, line);
	if (command_line_of_grub(v->text, &line))
		return command_line_is_allowed(w->input->ref, w->rules->cmdline, line)
			       ? TURN_EXPLAINED
			       : TURN_PASSED_ON;
	if (!command_line_is_one(line))
		return TURN_PASSED_ON;
	note_lockdown(w, line);
	if (w->rules->cmdline.count > 0 &&
	    !command_line_is_allowed(w->input->ref, w->rules->cmdline, line))
		return failed(w, REASON_CMDLINE_UNKNOWN, v);
	/* Loading a kernel again drops the initrd, though all that it did is approved. */
	if (w->has_cmdline)
		return failed(w, REASON_BOOT_EVENT_ORDER, v);
	w->has_cmdline = true;
	return w->rules->cmdline.count > 0 ? TURN_EXPLAINED : TURN_PASSED_ON;
}

/* GRUB's file events and the kernel stub's tagged ones hash the initrd itself. */
static enum turn visit_initrd(struct walk *w, const struct visit *v)
{
	struct ref_range initrd = w->rules->initrd;
	bool is_one = false;

	if (v->event->pcr != PCR_GRUB_FILES)
		return TURN_PASSED_ON;
	for (uint32_t i = 0; i < initrd.count && i < BOOT_INITRDS_MAX; i++) {
		struct digest digest = reference_digest(w->input->ref, initrd.first + i);

		if (digest.alg == DIGEST_NONE || !digest_equal(&digest, v->digest))
			continue;
		w->initrds |= UINT64_C(1) << i;
		is_one = true;
	}
	return is_one ? TURN_EXPLAINED : TURN_PASSED_ON;
}

/* All rules that fit are met, whichever station explains the event. */
static enum status meet_event_rules(struct walk *w, struct visit *v)
{
	struct ref_range events = w->rules->events;

	for (uint32_t i = 0; i < events.count; i++) {
		struct boot_rule rule;
		enum status status = reference_boot_rule(w->input->ref, events.first + i, &rule);

		if (status != OK)
			return status;
		if (rule.pcr != v->event->pcr || (rule.type != 0 && rule.type != v->event->type) ||
		    !reference_range_has_digest(w->input->ref, rule.digests, v->digest))
			continue;
		v->is_listed = true;
		if (i < BOOT_RULES_MAX)
			w->matched[i] = true;
	}
	return OK;
}

static enum turn visit_event_rules(struct walk *w, const struct visit *v)
{
	(void)w;
	return v->is_listed ? TURN_EXPLAINED : TURN_PASSED_ON;
}

static enum turn visit_ignore(struct walk *w, const struct visit *v)
{
	struct ref_range ignore = w->rules->ignore;

	for (uint32_t i = 0; i < ignore.count; i++) {
		struct boot_rule rule;

		if (reference_boot_rule(w->input->ref, ignore.first + i, &rule) != OK)
			return failed(w, REASON_RELEASE_UNUSABLE, v);
		if (rule.pcr == v->event->pcr && (rule.type == 0 || rule.type == v->event->type))
			return boot_event_may_be_ignored(v->event, v->is_measured, v->text)
				       ? TURN_EXPLAINED
				       : TURN_PASSED_ON;
	}
	return TURN_PASSED_ON;
}

/* What means something comes before what is merely listed, and that before what
 * is ignored: an ignore never hides a Secure Boot variable or an image. */
static enum turn (*const stations[])(struct walk *, const struct visit *) = {
	visit_separator, visit_secure_boot, visit_chain,  visit_command_line,
	visit_initrd,	 visit_event_rules, visit_ignore,
};

static void visit_event(struct walk *w, const struct boot_event *event)
{
	struct visit v = { .event = event };
	enum turn turn = TURN_PASSED_ON;

	if (!boot_event_extends(event) || event->pcr >= PCR_COUNT ||
	    !is_in(w->input->quoted, event->pcr))
		return;
	v.digest = boot_event_digest(event, w->input->bank);
	/* Where a value is pinned as well, though no log has to tell of it. */
	if (v.digest != NULL && reference_is_revoked_file(w->input->ref, v.digest)) {
		fail_event(w, REASON_BOOT_EVENT_REVOKED, event);
		return;
	}
	if (is_in(w->input->pinned, event->pcr))
		return;
	w->match.extending++;
	w->seen |= (pcr_mask)1 << event->pcr;
	if (v.digest == NULL) {
		fail_event(w, REASON_BOOT_BANK_MISSING, event);
		return;
	}
	if (boot_event_name(event->type) == NULL) {
		fail_event(w, REASON_BOOT_EVENT_TYPE, event);
		return;
	}
	if (meet_event_rules(w, &v) != OK) {
		fail_event(w, REASON_RELEASE_UNUSABLE, event);
		return;
	}
	v.is_measured = boot_payload_is_measured(event, w->input->bank, &w->bank, &v.text);
	for (size_t i = 0; i < sizeof(stations) / sizeof(stations[0]) && turn == TURN_PASSED_ON;
	     i++)
		turn = stations[i](w, &v);
	if (turn == TURN_EXPLAINED)
		w->match.explained++;
	if (turn == TURN_PASSED_ON)
		fail_event(w, REASON_BOOT_EVENT_UNKNOWN, event);
}

static void end_separators(struct walk *w)
{
	for (unsigned pcr = 0; pcr <= PCR_FIRMWARE_LAST; pcr++) {
		char name[16];

		if (!is_in(w->seen, pcr) || is_in(w->separated, pcr))
			continue;
		(void)snprintf(name, sizeof(name), "%u", pcr);
		fail_missing(w, REASON_BOOT_EVENT_MISSING, LAYER_FIRMWARE, "EV_SEPARATOR pcr",
			     span_text(name));
	}
}

static void end_secure_boot(struct walk *w)
{
	/* A pinned PCR 7 has the one value that the release means by it. */
	if (!w->rules->secure_boot || is_in(w->input->pinned, PCR_SECURE_BOOT))
		return;
	for (unsigned i = 0; i < SECURE_BOOT_VARIABLES; i++) {
		const char *name = secure_boot_variable_name((enum secure_boot_variable)i);

		if ((SECURE_BOOT_REQUIRED >> i & 1u) == 0 || (w->variables >> i & 1u) != 0)
			continue;
		fail_missing(w,
			     i == SECURE_BOOT_STATE ? REASON_SECURE_BOOT_OFF
						    : REASON_BOOT_EVENT_MISSING,
			     LAYER_FIRMWARE, "variable", span_text(name));
	}
	if (w->rules->sbat_minimum.len > 0 && !w->has_sbat)
		fail_missing(w, REASON_SBAT_BELOW_MINIMUM, LAYER_BOOT_CHAIN, "variable",
			     span_text("SbatLevel"));
}

static void end_required(struct walk *w, struct ref_range rules, bool is_chain)
{
	for (uint32_t i = 0; i < rules.count; i++) {
		struct boot_rule rule = { .is_required = true };
		bool has_passed =
			is_chain ? i < w->chain_next : i < BOOT_RULES_MAX && w->matched[i];

		if (has_passed)
			continue;
		if (reference_boot_rule(w->input->ref, rules.first + i, &rule) == OK &&
		    (!rule.is_required || is_in(w->input->pinned, rule.pcr)))
			continue;
		fail_missing(w, REASON_BOOT_EVENT_MISSING, rule.layer, "rule", rule.name);
	}
}

/* GRUB starts the kernel without any initrd where one of several does not open: each
 * that its command named has to be there, as far as the release lists as many. */
static bool has_initrds(const struct walk *w)
{
	struct ref_range initrd = w->rules->initrd;
	size_t listed = 0;
	size_t seen = 0;

	for (uint32_t i = 0; i < initrd.count && i < BOOT_INITRDS_MAX; i++) {
		struct digest digest = reference_digest(w->input->ref, initrd.first + i);

		listed += digest.alg == w->input->bank;
		seen += (w->initrds >> i & 1) != 0;
	}
	if (seen == 0)
		return initrd.count == 0;
	return seen >= listed || seen >= w->initrds_named;
}

static void end_kernel(struct walk *w)
{
	bool is_text_pinned = is_in(w->input->pinned, PCR_GRUB_TEXT);
	enum lockdown shown = LOCKDOWN_NONE;

	if (w->rules->cmdline.count > 0 && !w->has_cmdline && !is_text_pinned)
		fail_missing(w, REASON_CMDLINE_UNKNOWN, LAYER_KERNEL, "command line of the kernel",
			     (struct span){ 0 });
	if (!is_in(w->input->pinned, PCR_GRUB_FILES) && !has_initrds(w))
		fail_missing(w, REASON_BOOT_EVENT_MISSING, LAYER_KERNEL, "initrd",
			     (struct span){ 0 });
	/* Distributions' kernels lock themselves down under Secure Boot, to
	 * "integrity"; the command line can ask for more, or against it. Not so where
	 * shim's MokSBState switched validation off, which PCR 7 names and 14 shows. */
	if (w->rules->secure_boot && is_in(w->input->quoted, PCR_SHIM))
		shown = LOCKDOWN_INTEGRITY;
	if (w->lockdown.is_named && (!w->has_default_lockdown || w->lockdown.level < shown))
		shown = w->lockdown.level;
	if (shown < w->rules->lockdown)
		fail_missing(w, REASON_LOCKDOWN_MISSING, LAYER_KERNEL, NULL, (struct span){ 0 });
}

static enum status walk_init(struct walk *w, const struct boot_match_input *input)
{
	static const uint8_t normal[4] = { 0, 0, 0, 0 };
	static const uint8_t windows[4] = { 0xff, 0xff, 0xff, 0xff };
	enum status status = hasher_init(&w->bank, input->bank);

	w->input = input;
	w->rules = &input->release->boot;
	if (status == OK)
		status = hasher_init(&w->sha256, DIGEST_SHA256);
	if (status == OK)
		status = hasher_digest(&w->bank, &(struct span){ normal, 4 }, 1, &w->separator[0]);
	if (status == OK)
		status = hasher_digest(&w->bank, &(struct span){ windows, 4 }, 1, &w->separator[1]);
	return status;
}

enum status boot_match(const struct boot_match_input *input, struct boot_match *out)
{
	AUTO_DONE(walk) w = { 0 };
	struct boot_log log;
	struct boot_event event;
	enum status status = walk_init(&w, input);

	if (status == OK)
		status = boot_log_open(input->log, &log);
	while (status == OK && (status = boot_log_next(&log, &event)) == OK) {
		if (log.event_count > BOOT_EVENTS_MAX)
			return STATUS_MALFORMED;
		visit_event(&w, &event);
		if (input->is_whole_wanted && w.match.findings.count > 0) {
			*out = w.match;
			return OK;
		}
	}
	if (status != STATUS_NOT_FOUND)
		return status;
	end_separators(&w);
	end_secure_boot(&w);
	end_required(&w, w.rules->chain, true);
	end_required(&w, w.rules->events, false);
	end_kernel(&w);
	*out = w.match;
	return OK;
}
