/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/core.h"

#include "attestd/mint/identity/svid.h"
#include "daemon/log.h"
#include "messages/jwk.h"

static const char away[] = "the node has no right to mint identities now: ask again later";
static const char revoked[] = "the verifier took this node's right to mint identities: its state "
			      "is with whoever runs the node (attestctl node explain)";
static const char no_entries[] =
	"the registration entries that the verdict names have not come: ask "
	"again later";
static const char no_bundle[] = "the trust domain's bundle could not be kept: ask again later";
static const char not_signed[] = "the node could not sign an SVID now: ask again later";
static const char not_entitled[] = "this node's class is not entitled to what the process's "
				   "registration entries name: ask whoever publishes releases";

static const char too_many[] = "too many jobs of this user, or of all, have an identity: ask again "
			       "when some have ended";
static const char too_new[] = "too many new identities are asked for by this user: ask again later";

static void tell(const struct core *core, enum workload_news news, const struct caller *c)
{
	if (core->tell != NULL)
		core->tell(core->api, news, c);
}

static void on_identity(void *context, enum identity_news news, const void *user)
{
	tell(context, news == IDENTITY_LOST ? WORKLOAD_LOST : WORKLOAD_CHANGED_FOR, user);
}

static void on_measured(void *context)
{
	tell(context, WORKLOAD_ANSWERED, NULL);
}

static enum status ask_measured(void *context, uid_t user, struct span question,
				measured_answer answer, void *slot)
{
	const struct core *core = context;

	return signing_ask(core->signing, FRAME_MEASURED, question, user, answer, slot, NULL);
}

enum status core_init(struct core *core, const struct right *right, struct signing *signing)
{
	const struct measured_source source = { core, ask_measured, on_measured };
	struct gate *gate = NULL;
	AUTO(jobs) jobs = NULL;
	enum status status = jobs_new(&jobs);

	if (status == OK)
		status = gate_new(&source, &gate);
	if (status != OK)
		return status;
	*core = (struct core){ .right = right,
			       .signing = signing,
			       .identities = { .jobs = jobs,
					       .right = right,
					       .signing = signing,
					       .tell = on_identity,
					       .context = core },
			       .gate = gate,
			       .new_identities = { .at_once = CORE_NEW_AT_ONCE,
						   .per_second = CORE_NEW_PER_SECOND },
			       .tokens.rates = { .at_once = TOKENS_AT_ONCE,
						 .per_second = TOKENS_PER_SECOND } };
	jobs = NULL;
	return OK;
}

void core_done(struct core *core)
{
	identities_done(&core->identities);
	tokens_done(&core->tokens);
	gate_free(core->gate);
	handed_bundles_done(&core->bundles);
	*core = (struct core){ 0 };
}

/* Without memory there is none, and then no answer. */
static void take_bundle(struct core *core)
{
	handed_bundles_done(&core->bundles);
	if (right_is_held(core->right) &&
	    handed_bundles_from(&core->right->bundle, &core->bundles) != OK)
		log_line(LOG_LEVEL_ERROR, "bundle: %s", status_text(STATUS_NO_MEMORY));
}

void core_right_changed(struct core *core)
{
	const struct instant at = instant_now();

	take_bundle(core);
	if (right_is_held(core->right)) {
		identities_match(&core->identities, &core->right->entries, &at);
		gate_expect(core->gate, &core->right->entries);
		core->is_looking = true;
	} else {
		identities_forget(&core->identities);
		tokens_right_ended(core);
	}
	tell(core, WORKLOAD_CHANGED, NULL);
}

void core_keep(struct core *core, const struct instant *at)
{
	bool was_looking = core->is_looking;

	core->is_looking = gate_step(core->gate);
	/* Whoever was not ready because of that is by now. */
	if (was_looking && !core->is_looking)
		tell(core, WORKLOAD_CHANGED, NULL);
	identities_end_jobs(&core->identities);
	tokens_keep(core, at);
	if (right_is_held(core->right))
		identities_keep(&core->identities, at);
}

int core_jobs_fd(const struct core *core)
{
	return jobs_fd(core->identities.jobs);
}

int64_t core_wait_s(const struct core *core, const struct instant *at, int64_t most)
{
	if (core->is_looking)
		return 0;
	most = tokens_wait_s(&core->tokens, at, most);
	return right_is_held(core->right) ? identities_wait_s(&core->identities, at, most) : most;
}

static enum workload_outcome check_right(const struct core *core, const char **why)
{
	const struct right *right = core->right;

	if (right_is_held(right) && !right_is_over(right, instant_now().now)) {
		*why = right->has_entries ? no_bundle : no_entries;
		return right->has_entries && core->bundles.count > 0 ? WORKLOAD_GIVEN
								     : WORKLOAD_NOT_READY;
	}
	*why = right->is_revoked ? revoked : away;
	return right->is_revoked ? WORKLOAD_DENIED : WORKLOAD_NOT_READY;
}

/* An entry beyond the class's entitlements gives nothing: the broker would not sign. */
static void leave_out_others(const struct core *core, struct admitted *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count && count < WORKLOAD_SVIDS_MAX; i++) {
		if (grant_entitles(&core->right->grant, span_of(&a->entries[i]->spiffe_id)))
			a->entries[count++] = a->entries[i];
	}
	a->count = count;
}

enum workload_outcome core_admit(struct core *core, struct caller *c, struct admitted *out,
				 const char **why)
{
	enum workload_outcome outcome = check_right(core, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_admit(core->gate, c, &core->right->entries, out, why);
	/* It may be that its executable is looked at from now on. */
	if (outcome == WORKLOAD_NOT_READY)
		core->is_looking = true;
	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	const struct entry *nearest = out->entries[0];

	leave_out_others(core, out);
	if (out->count > 0)
		return WORKLOAD_GIVEN;
	gate_note_refusal(core->gate, &out->facts, not_entitled, "release engineering", nearest);
	*why = not_entitled;
	return WORKLOAD_DENIED;
}

/* NULL in *out: it is being signed. */
static enum workload_outcome use_one(struct core *core, struct caller *c, const struct admitted *a,
				     const struct entry *entry, const struct instant *at,
				     const struct held_identity **out, const char **why)
{
	struct identities *ids = &core->identities;
	const struct subject subject = {
		.entry = span_of(&entry->name),
		.has_uid = true,
		.uid = a->facts.uid,
		.unit = a->facts.unit,
		.executable = a->facts.digest,
	};
	struct job job = { 0 };
	enum status status = OK;

	if (entry->is_job)
		status = jobs_watch(ids->jobs, c, &a->facts, entry->unit.len > 0, &job);
	*why = not_signed;
	if (status == OK && !identities_has(ids, entry, &job) &&
	    !rates_take(&core->new_identities, subject.uid, at->boot * 1000)) {
		*why = too_new;
		identities_pass_over(ids, &job);
		return WORKLOAD_TOO_MANY;
	}
	if (status == OK)
		status = identities_use(ids, entry, &subject, &job, c, at, out);
	if (status == OK)
		return WORKLOAD_GIVEN;
	identities_pass_over(ids, &job);
	if (status != STATUS_TOO_LARGE)
		return WORKLOAD_NOT_READY;
	*why = too_many;
	return WORKLOAD_TOO_MANY;
}

static void show(struct core *core, size_t i, const struct entry *entry,
		 const struct held_identity *held)
{
	core->svids[i] = (struct workload_svid){
		.spiffe_id = span_of(&held->spiffe_id),
		.chain = span_of(&held->chain),
		.key = span_of(&held->key),
		.bundle = core->bundles.rows[0].certificates,
		.hint = span_of(&entry->hint),
	};
}

/* All are begun at once, and none is shown before the last is there. */
static enum workload_outcome use_all(struct core *core, struct caller *c, const struct admitted *a,
				     const char **why)
{
	const struct instant at = instant_now();
	bool is_whole = true;

	/* What does not admit it any more is not rotated for it. */
	identities_leave(&core->identities, c);
	for (size_t i = 0; i < a->count; i++) {
		const struct held_identity *held = NULL;
		enum workload_outcome outcome = use_one(core, c, a, a->entries[i], &at, &held, why);

		if (outcome != WORKLOAD_GIVEN)
			return outcome;
		if (held != NULL)
			show(core, i, a->entries[i], held);
		is_whole = is_whole && held != NULL;
	}
	return is_whole ? WORKLOAD_GIVEN : WORKLOAD_AGAIN;
}

/* Every message is the whole state: all of them, or none. A signature for each entry whose
 * SVID nobody holds yet, WORKLOAD_SVIDS_MAX of them at most. */
static enum workload_outcome x509(void *arg, struct caller *c, struct workload_x509 *out,
				  const char **why)
{
	struct core *core = arg;
	struct admitted a = { 0 };
	enum workload_outcome outcome = core_admit(core, c, &a, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = use_all(core, c, &a, why);
	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->gate, c, &a, why);
	if (outcome != WORKLOAD_GIVEN && outcome != WORKLOAD_AGAIN)
		identities_leave(&core->identities, c);
	if (outcome == WORKLOAD_GIVEN)
		*out = (struct workload_x509){ .svids = core->svids,
					       .svid_count = a.count,
					       .federated = core->bundles.rows + 1,
					       .federated_count = core->bundles.count - 1 };
	return outcome;
}

static enum workload_outcome bundles(void *arg, struct caller *c, struct workload_bundles *out,
				     const char **why)
{
	struct core *core = arg;
	struct admitted a = { 0 };
	enum workload_outcome outcome = core_admit(core, c, &a, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->gate, c, &a, why);
	if (outcome != WORKLOAD_GIVEN)
		return outcome;
	*out = (struct workload_bundles){ .bundles = core->bundles.rows,
					  .count = core->bundles.count };
	return WORKLOAD_GIVEN;
}

static void leaves(void *arg, struct caller *c)
{
	struct core *core = arg;

	identities_leave(&core->identities, c);
}

void core_serve(struct core *core, struct workload_source *source)
{
	source->core = core;
	source->x509 = x509;
	source->bundles = bundles;
	source->leaves = leaves;
	tokens_serve(source);
}
