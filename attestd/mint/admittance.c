/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admittance.h"

#include "daemon/log.h"

static const char away[] = "the node has no right to mint identities now: ask again later";
static const char revoked[] = "the verifier took this node's right to mint identities: its state "
			      "is with whoever runs the node (attestctl node explain)";
static const char no_entries[] =
	"the registration entries that the verdict names have not come: ask "
	"again later";
static const char no_bundle[] = "the trust domain's bundle could not be kept: ask again later";
static const char not_entitled[] = "this node's class is not entitled to what the process's "
				   "registration entries name: ask whoever publishes releases";

enum status admittance_init(struct admittance *m, const struct right *right,
			    const struct measured_source *source)
{
	struct gate *gate = NULL;
	enum status status = gate_new(source, &gate);

	if (status == OK)
		*m = (struct admittance){ .right = right, .gate = gate };
	return status;
}

void admittance_done(struct admittance *m)
{
	gate_free(m->gate);
	handed_bundles_done(&m->bundles);
}

/* Without memory there is none, and then no answer. */
static void take_bundle(struct admittance *m)
{
	handed_bundles_done(&m->bundles);
	if (right_is_held(m->right) && handed_bundles_from(&m->right->bundle, &m->bundles) != OK)
		log_line(LOG_LEVEL_ERROR, "bundle: %s", status_text(STATUS_NO_MEMORY));
}

void admittance_right_changed(struct admittance *m)
{
	take_bundle(m);
	if (!right_is_held(m->right))
		return;
	gate_expect(m->gate, &m->right->entries);
	m->is_looking = true;
}

bool admittance_keep(struct admittance *m)
{
	bool was_looking = m->is_looking;

	m->is_looking = gate_step(m->gate);
	return was_looking && !m->is_looking;
}

static enum workload_outcome check_right(const struct admittance *m, const char **why)
{
	const struct right *right = m->right;

	if (right_is_held(right) && !right_is_over(right, instant_now().now)) {
		*why = right->has_entries ? no_bundle : no_entries;
		return right->has_entries && m->bundles.count > 0 ? WORKLOAD_GIVEN
								  : WORKLOAD_NOT_READY;
	}
	*why = right->is_revoked ? revoked : away;
	return right->is_revoked ? WORKLOAD_DENIED : WORKLOAD_NOT_READY;
}

/* An entry beyond the class's entitlements gives nothing: the broker would not sign. */
static void leave_out_others(const struct admittance *m, struct admitted *a)
{
	size_t count = 0;

	for (size_t i = 0; i < a->count && count < WORKLOAD_SVIDS_MAX; i++) {
		if (grant_entitles(&m->right->grant, span_of(&a->entries[i]->spiffe_id)))
			a->entries[count++] = a->entries[i];
	}
	a->count = count;
}

enum workload_outcome admittance_decide(struct admittance *m, struct caller *c,
					struct admitted *out, const char **why)
{
	enum workload_outcome outcome = check_right(m, why);

	if (outcome == WORKLOAD_GIVEN)
		outcome = gate_admit(m->gate, c, &m->right->entries, out, why);
	/* It may be that its executable is looked at from now on. */
	if (outcome == WORKLOAD_NOT_READY)
		m->is_looking = true;
	if (outcome != WORKLOAD_GIVEN)
		return outcome;

	const struct entry *nearest = out->entries[0];

	leave_out_others(m, out);
	if (out->count > 0)
		return WORKLOAD_GIVEN;
	gate_note_refusal(m->gate, &out->facts, not_entitled, "release engineering", nearest);
	*why = not_entitled;
	return WORKLOAD_DENIED;
}
