/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/core.h"

#include "attestd/mint/identity/svid.h"

static const char not_signed[] = "the node could not sign an SVID now: ask again later";
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
	AUTO(jobs) jobs = NULL;
	enum status status = jobs_new(&jobs);

	*core = (struct core){ .signing = signing };
	if (status == OK)
		status = admittance_init(&core->admittance, right, &source);
	if (status != OK)
		return status;
	core->identities = (struct identities){ .jobs = jobs,
						.right = right,
						.signing = signing,
						.tell = on_identity,
						.context = core };
	core->new_identities =
		(struct rates){ .at_once = CORE_NEW_AT_ONCE, .per_second = CORE_NEW_PER_SECOND };
	tokens_init(&core->tokens, &core->admittance, signing);
	jobs = NULL;
	return OK;
}

void core_done(struct core *core)
{
	identities_done(&core->identities);
	tokens_done(&core->tokens);
	admittance_done(&core->admittance);
	*core = (struct core){ 0 };
}

void core_right_changed(struct core *core)
{
	const struct right *right = core->admittance.right;
	const struct instant at = instant_now();

	admittance_right_changed(&core->admittance);
	if (right_is_held(right)) {
		identities_match(&core->identities, &right->entries, &at);
	} else {
		identities_forget(&core->identities);
		tokens_right_ended(&core->tokens);
	}
	tell(core, WORKLOAD_CHANGED, NULL);
}

void core_keep(struct core *core, const struct instant *at)
{
	if (admittance_keep(&core->admittance))
		tell(core, WORKLOAD_CHANGED, NULL);
	identities_end_jobs(&core->identities);
	tokens_keep(&core->tokens, at);
	if (right_is_held(core->admittance.right))
		identities_keep(&core->identities, at);
}

int core_jobs_fd(const struct core *core)
{
	return jobs_fd(core->identities.jobs);
}

int64_t core_wait_s(const struct core *core, const struct instant *at, int64_t most)
{
	if (core->admittance.is_looking)
		return 0;
	most = tokens_wait_s(&core->tokens, at, most);
	return right_is_held(core->admittance.right)
		       ? identities_wait_s(&core->identities, at, most)
		       : most;
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
		.bundle = core->admittance.bundles.rows[0].certificates,
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
	enum workload_outcome outcome = admittance_decide(&core->admittance, c, &a, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = use_all(core, c, &a, why);
	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->admittance.gate, c, &a, why);
	if (outcome != WORKLOAD_GIVEN && outcome != WORKLOAD_AGAIN)
		identities_leave(&core->identities, c);
	if (outcome == WORKLOAD_GIVEN)
		*out = (struct workload_x509){ .svids = core->svids,
					       .svid_count = a.count,
					       .federated = core->admittance.bundles.rows + 1,
					       .federated_count =
						       core->admittance.bundles.count - 1 };
	return outcome;
}

static enum workload_outcome bundles(void *arg, struct caller *c, struct workload_bundles *out,
				     const char **why)
{
	struct core *core = arg;
	struct admitted a = { 0 };
	enum workload_outcome outcome = admittance_decide(&core->admittance, c, &a, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_confirm(core->admittance.gate, c, &a, why);
	if (outcome != WORKLOAD_GIVEN)
		return outcome;
	*out = (struct workload_bundles){ .bundles = core->admittance.bundles.rows,
					  .count = core->admittance.bundles.count };
	return WORKLOAD_GIVEN;
}

static void leaves(void *arg, struct caller *c)
{
	struct core *core = arg;

	identities_leave(&core->identities, c);
}

static enum workload_outcome jwt(void *arg, struct caller *c, const struct workload_jwt_request *q,
				 uint64_t ticket, const char **why)
{
	struct core *core = arg;

	return tokens_ask(&core->tokens, c, q, ticket, why);
}

static void jwt_cancelled(void *arg, uint64_t ticket)
{
	struct core *core = arg;

	tokens_cancel(&core->tokens, ticket);
}

static enum workload_outcome validate(void *arg, struct caller *c, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why)
{
	struct core *core = arg;

	return tokens_validate(&core->tokens, c, audience, token, out, why);
}

void core_serve(struct core *core, struct workload_source *source)
{
	source->core = core;
	source->x509 = x509;
	source->bundles = bundles;
	source->leaves = leaves;
	source->jwt = jwt;
	source->jwt_cancelled = jwt_cancelled;
	source->validate = validate;
}
