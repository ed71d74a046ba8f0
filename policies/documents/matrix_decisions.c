/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/matrix.h"

static void take_decision(struct strict_cursor *one, struct matrix *out)
{
	static const char *const states[] = { "allow", "block", NULL };
	struct matrix_decision d = { .platform =
					     strict_text_as(one, "platform", 64, target_is_valid) };

	d.kernel = strict_text_as(one, "kernel", 64, target_is_valid);
	d.is_allowed = strict_choice(one, "state", states) == 0;
	d.reason = strict_text(one, "reason", MATRIX_REASON_MAX);
	d.by = strict_text_as(one, "by", 64, name_is_valid);
	d.time = strict_int(one, "time", 1, TIME_MAX);
	if (matrix_cell(out, d.platform, d.kernel) == NULL)
		strict_fail(one, NULL, STATUS_MALFORMED, "cell-not-in-matrix");
	if (out->decision_count > 0 && d.time < out->decision[out->decision_count - 1].time)
		strict_fail(one, "time", STATUS_MALFORMED, "out-of-order");
	(void)strict_end(one);
	out->decision[out->decision_count++] = d;
}

/* NULL: nobody decided about it. */
static const struct matrix_decision *last_about(const struct matrix *matrix,
						const struct matrix_cell *cell)
{
	for (size_t i = matrix->decision_count; i-- > 0;)
		if (span_equal(matrix->decision[i].platform, cell->platform) &&
		    span_equal(matrix->decision[i].kernel, cell->kernel))
			return &matrix->decision[i];
	return NULL;
}

void matrix_read_decisions(struct strict_cursor *predicate, struct matrix *out)
{
	if (!strict_has(predicate, "decisions"))
		return;

	struct strict_cursor list = strict_array(predicate, "decisions", MATRIX_DECISIONS_MAX);

	out->has_decisions = true;
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor one = strict_element_object(&list, i);

		take_decision(&one, out);
	}
	for (size_t i = 0; i < out->cell_count; i++) {
		const struct matrix_decision *last = last_about(out, &out->cell[i]);

		if (last == NULL || last->is_allowed != out->cell[i].is_allowed)
			strict_fail(predicate, "decisions", STATUS_MALFORMED,
				    last == NULL ? "decision-missing" : "decision-mismatch");
	}
}

static bool is_same(const struct matrix_decision *a, const struct matrix_decision *b)
{
	return span_equal(a->platform, b->platform) && span_equal(a->kernel, b->kernel) &&
	       a->is_allowed == b->is_allowed && span_equal(a->reason, b->reason) &&
	       span_equal(a->by, b->by) && a->time == b->time;
}

bool matrix_goes_on(const struct matrix *older, const struct matrix *newer)
{
	if (newer->decision_count < older->decision_count)
		return false;
	for (size_t i = 0; i < older->decision_count; i++)
		if (!is_same(&older->decision[i], &newer->decision[i]))
			return false;
	return true;
}
