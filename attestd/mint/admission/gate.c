/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "attestd/mint/admission/admission.h"
#include "attestd/mint/caller/denials.h"
#include "attestd/mint/admission/executable.h"
#include "base/text.h"
#include "daemon/clock.h"
#include "daemon/log.h"

#define WHY_MAX 1536
struct gate {
	struct executables *executables;
	struct measured measured;
	struct denials denials;
	char why[WHY_MAX];
};

/* Why not, and whose it is to change that. */
struct refusal {
	const char *reason;
	const char *owner;
	const struct entry *entry; /* the nearest; NULL: none */
	bool is_about_entries; /* which are nobody's business but their owners' */
};

static const char entry_owner[] = "identity-security";
static const char release_owner[] = "release engineering";
static const char platform_owner[] = "platform engineering";
static const char workload_owner[] = "the workload's owner";

enum status gate_new(const struct measured_source *source, struct gate **out)
{
	AUTO(gate) g = calloc(1, sizeof(*g));

	if (g == NULL)
		return STATUS_NO_MEMORY;
	measured_init(&g->measured, source, clock_boot_s);

	enum status status = executables_new(&g->executables);

	if (status != OK)
		return status;
	*out = g;
	g = NULL;
	return OK;
}

void gate_free(struct gate *g)
{
	if (g == NULL)
		return;
	executables_free(g->executables);
	measured_done(&g->measured);
	free(g);
}

void gate_expect(struct gate *g, const struct entries *entries)
{
	for (size_t i = 0; i < entries->count; i++) {
		if (entries->list[i].digests.len > 0)
			executable_expect(g->executables, span_of(&entries->list[i].executable));
	}
}

bool gate_step(struct gate *g)
{
	return executables_step(g->executables);
}

static struct span or_none(struct span s)
{
	return s.len > 0 ? s : span_text("-");
}

static void log_refusal(struct gate *g, const struct caller_facts *f, const struct refusal *r)
{
	AUTO_DONE(bytes) text = { 0 };
	struct span name = span_text("-");
	struct span owner = span_text(r->owner);
	int64_t now = clock_boot_s();

	denials_log_untold(&g->denials, now);
	if (!denials_is_news(&g->denials, f->uid, f->executable, r->reason, now))
		return;
	if (r->entry != NULL) {
		name = span_of(&r->entry->name);
		owner = r->is_about_entries && r->entry->owner.len > 0 ? span_of(&r->entry->owner)
								       : owner;
	}
	if (text_append_escaped(&text, or_none(f->executable)) != OK)
		return;
	log_line(LOG_LEVEL_NOTICE,
		 "no identity for %.*s (pid %d, uid %u, gid %u, unit %.*s, socket %.*s): %s; "
		 "entry %.*s, owner %.*s",
		 (int)text.len, (const char *)text.data, (int)f->pid, f->uid, f->gid,
		 (int)or_none(f->unit).len, (const char *)or_none(f->unit).data,
		 (int)or_none(f->socket).len, (const char *)or_none(f->socket).data, r->reason,
		 (int)name.len, (const char *)name.data, (int)owner.len, (const char *)owner.data);
}

/* What the workload is told: its own facts, and nothing of entries that are not
 * its own. */
static const char *say(struct gate *g, const struct caller_facts *f, const struct refusal *r)
{
	AUTO_DONE(bytes) path = { 0 };

	if (!r->is_about_entries || text_append_escaped(&path, f->executable) != OK)
		return r->reason;
	(void)snprintf(
		g->why, sizeof(g->why),
		"no registration entry admits this process: executable %.*s, uid %u, gid %u, "
		"unit %.*s, socket %.*s; owner: %s",
		(int)path.len, (const char *)path.data, f->uid, f->gid, (int)or_none(f->unit).len,
		(const char *)or_none(f->unit).data, (int)or_none(f->socket).len,
		(const char *)or_none(f->socket).data, r->owner);
	return g->why;
}

static enum workload_outcome refuse(struct gate *g, const struct caller_facts *f,
				    const struct refusal *r, const char **why)
{
	log_refusal(g, f, r);
	*why = say(g, f, r);
	return WORKLOAD_DENIED;
}

static enum workload_outcome refuse_caller(struct gate *g, const struct caller_facts *f,
					   enum status status, const char *reason, const char **why)
{
	const struct refusal r = { .reason = reason, .owner = workload_owner };

	if (status == STATUS_NO_MEMORY) {
		*why = status_text(status);
		return WORKLOAD_NOT_READY;
	}
	return refuse(g, f, &r, why);
}

typedef enum admission (*admission_test)(const struct entry *e, const struct caller_facts *f);

/* The entries that pass, and what keeps it from the nearest where none does. */
static enum admission pass(const struct entry *const *from, size_t count, admission_test test,
			   struct admitted *a, const struct entry **nearest)
{
	enum admission best = ADMISSION_OTHER_EXECUTABLE;
	size_t passed = 0;

	for (size_t i = 0; i < count; i++) {
		const struct entry *e = from[i];
		enum admission admission = test(e, &a->facts);

		if (admission > best || (*nearest == NULL && admission == best &&
					 admission != ADMISSION_OTHER_EXECUTABLE)) {
			best = admission;
			*nearest = e;
		}
		if (admission == ADMITTED)
			a->entries[passed++] = e;
	}
	a->count = passed;
	return best;
}

static enum workload_outcome refuse_by_entries(struct gate *g, const struct caller_facts *f,
					       enum admission admission,
					       const struct entry *nearest, const char **why)
{
	bool is_about_content =
		admission == ADMISSION_NONE_APPROVED || admission == ADMISSION_NOT_APPROVED;
	const struct refusal r = {
		.reason = admission_text(admission),
		.owner = is_about_content ? release_owner : entry_owner,
		.entry = nearest,
		.is_about_entries = !is_about_content,
	};

	return refuse(g, f, &r, why);
}

static enum workload_outcome admit_selected(struct gate *g, const struct entries *entries,
					    struct admitted *a, const char **why)
{
	const struct entry *all[ENTRIES_MAX];
	const struct entry *nearest = NULL;
	const char *reason = "";

	for (size_t i = 0; i < entries->count && i < ENTRIES_MAX; i++)
		all[i] = &entries->list[i];

	enum admission best = pass(all, entries->count < ENTRIES_MAX ? entries->count : ENTRIES_MAX,
				   entry_selects, a, &nearest);

	if (best != ADMITTED)
		return refuse_by_entries(g, &a->facts, best, nearest, why);

	enum status status = executable_digest(g->executables, &a->facts, &reason);

	if (status == STATUS_UNAVAILABLE) {
		*why = reason;
		return WORKLOAD_NOT_READY;
	}
	if (status != OK)
		return refuse_caller(g, &a->facts, status, reason, why);
	nearest = NULL;
	best = pass(a->entries, a->count, entry_admits, a, &nearest);
	return best == ADMITTED ? WORKLOAD_GIVEN
				: refuse_by_entries(g, &a->facts, best, nearest, why);
}

static enum workload_outcome admit_measured(struct gate *g, const struct admitted *a,
					    const char **why)
{
	static const struct refusal not_measured = {
		.reason = "the kernel has measured no such executable: the IMA policy leaves it "
			  "out, or it was first opened by another of its paths",
		.owner = platform_owner,
	};
	enum measured_state state = MEASURED_NOT;
	enum status status = measured_ask(&g->measured, a->facts.uid, a->facts.executable,
					  &a->facts.digest, &state);

	if (status == STATUS_NOT_FOUND)
		return WORKLOAD_AGAIN;
	if (status != OK) {
		*why = "the IMA log cannot be read now: ask again";
		return WORKLOAD_NOT_READY;
	}
	switch (state) {
	case MEASURED_QUOTED:
		return WORKLOAD_GIVEN;
	case MEASURED_SEARCHING:
		*why = "the IMA log is being read: ask again";
		return WORKLOAD_NOT_READY;
	case MEASURED_NOT_QUOTED:
		*why = "its executable was measured, and no verdict covers that yet: ask again";
		return WORKLOAD_NOT_READY;
	case MEASURED_NOT:
		break;
	}
	return refuse(g, &a->facts, &not_measured, why);
}

enum workload_outcome gate_admit(struct gate *g, struct caller *c, const struct entries *entries,
				 struct admitted *out, const char **why)
{
	struct admitted a = { .facts = caller_who(c) };
	const char *reason = "";
	enum status status = caller_look(c, &a.facts, &reason);

	if (status != OK)
		return refuse_caller(g, &a.facts, status, reason, why);

	enum workload_outcome outcome = admit_selected(g, entries, &a, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = admit_measured(g, &a, why);
	if (outcome == WORKLOAD_GIVEN)
		*out = a;
	return outcome;
}

enum workload_outcome gate_confirm(struct gate *g, struct caller *c, const struct admitted *a,
				   const char **why)
{
	const char *reason = "";
	enum status status = caller_confirm(c, &a->facts, &reason);

	return status == OK ? WORKLOAD_GIVEN : refuse_caller(g, &a->facts, status, reason, why);
}

void gate_note_refusal(struct gate *g, const struct caller_facts *f, const char *reason,
		       const char *owner, const struct entry *entry)
{
	const struct refusal r = { .reason = reason, .owner = owner, .entry = entry };

	log_refusal(g, f, &r);
}
