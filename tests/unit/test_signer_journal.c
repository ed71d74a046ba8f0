/* SPDX-License-Identifier: Apache-2.0 */
/* The issuance journal as the verifier collects it: what a node signed and does not
 * show, shows twice, or shows otherwise, is seen. */
#include "unit.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "signer_scene.h"

/* A node's journal. Its records differ by story. */
struct node_journal {
	const char *story;
	struct signer_scene scene;
	struct bytes text;
};

static void issued(const struct node_journal *j, uint64_t number, struct bytes *line)
{
	assert_int_equal(bytes_printf(line,
				      "issued %llu sha256:%064llx spiffe://example.org/%s web 33 "
				      "web.service sha256:%064d asked",
				      1700000000ULL + (unsigned long long)number,
				      (unsigned long long)number, j->story, 7),
			 OK);
}

static struct journal_point point_after(const struct node_journal *j, uint64_t count)
{
	struct journal_point point = { 0 };

	for (uint64_t i = 0; i < count; i++) {
		AUTO_DONE(bytes) line = { 0 };

		issued(j, i, &line);
		assert_int_equal(journal_point_add(&point, span_of(&line)), OK);
	}
	return point;
}

/* Records from first on up to the end are in it, of so many that there are. */
static void tell(struct node_journal *j, uint64_t first, uint64_t end, uint64_t count)
{
	struct journal_point point = point_after(j, end);
	char head[2 * SHA256_SIZE + 1] = "";

	hex_encode(journal_point_head(&point), head);
	bytes_done(&j->text);
	assert_int_equal(bytes_printf(&j->text, "attestd-report/1\njournal %llu %llu %s\n",
				      (unsigned long long)first, (unsigned long long)count, head),
			 OK);
	for (uint64_t i = first; i < end; i++) {
		issued(j, i, &j->text);
		assert_int_equal(bytes_append_byte(&j->text, '\n'), OK);
	}
	assert_int_equal(bytes_append(&j->text, span_text("end\n")), OK);
	j->scene.report = span_of(&j->text);
}

static void begin(struct node_journal *j)
{
	*j = (struct node_journal){ .story = "web" };
	signer_scene_approved(&j->scene);
}

static void end(struct node_journal *j)
{
	signer_scene_done(&j->scene);
	bytes_done(&j->text);
}

/* As many as it likes, and not one of them shown. */
static void boast(struct node_journal *j, uint64_t count)
{
	bytes_done(&j->text);
	assert_int_equal(bytes_printf(&j->text, "attestd-report/1\njournal %llu %llu %064d\nend\n",
				      (unsigned long long)count, (unsigned long long)count, 1),
			 OK);
	j->scene.report = span_of(&j->text);
}

/* The next round's verdict. */
static void expect(struct node_journal *j, bool is_good, uint64_t confirmed)
{
	char line[64];

	scene_attest(&j->scene);

	const struct result *r = &j->scene.answer.commit;

	(void)snprintf(line, sizeof(line), "\njournal %llu\n", (unsigned long long)confirmed);
	assert_true(scene_result_says(r, is_good ? "\nstate trusted\n" : "\nstate warned\n"));
	assert_true(scene_result_says(r, line));
	if (is_good) {
		assert_true(r->certificate.len > 0);
		return;
	}
	assert_int_equal(r->certificate.len, 0);
	assert_true(span_equal(r->reasons.items[0].code, span_text("journal-gap")));
}

/* Two records are known. */
static void begin_with_two(struct node_journal *j)
{
	begin(j);
	tell(j, 0, 2, 2);
	expect(j, true, 2);
}

static void what_a_node_issued_is_on_record_once(void **state)
{
	struct node_journal j;
	struct audit_row last = { 0 };
	AUTO_DONE(bytes) line = { 0 };
	(void)state;

	begin(&j);
	tell(&j, 0, 0, 0);
	expect(&j, true, 0);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 0);
	tell(&j, 0, 3, 3);
	expect(&j, true, 3);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 1);
	issued(&j, 2, &line);
	assert_non_null(memmem(last.text.data, last.text.len, line.data, line.len));
	/* The answer was lost: the node says them again, and one more. */
	tell(&j, 0, 4, 4);
	expect(&j, true, 4);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 2);
	assert_true(span_starts_with(last.text, "from 3; issued 1700000003 "));
	assert_null(memmem(last.text.data, last.text.len, line.data, line.len));
	tell(&j, 4, 4, 4);
	expect(&j, true, 4);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 2);
	assert_int_equal(scene_noted(&j.scene, "journal-gap", &last), 0);
	end(&j);
}

static void many_records_take_few_entries(void **state)
{
	struct node_journal j;
	struct audit_row last = { 0 };
	(void)state;

	begin(&j);
	tell(&j, 0, REPORT_ISSUED_MAX, 1000);
	expect(&j, true, REPORT_ISSUED_MAX);
	assert_in_range(scene_noted(&j.scene, "issued", &last), 1, REPORT_ISSUED_MAX / 12);
	tell(&j, REPORT_ISSUED_MAX, 300, 1000);
	expect(&j, true, 300);
	end(&j);
}

static void a_hidden_issuance_is_seen(void **state)
{
	struct node_journal j;
	struct audit_row last = { 0 };
	(void)state;

	begin_with_two(&j);
	/* The third is left out. */
	tell(&j, 3, 4, 4);
	expect(&j, false, 4);
	assert_int_equal(scene_noted(&j.scene, "journal-gap", &last), 1);
	/* What is there is on record, and it goes on from there. */
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 2);
	tell(&j, 4, 5, 5);
	expect(&j, true, 5);
	end(&j);
}

static void a_forked_journal_is_seen(void **state)
{
	struct node_journal j;
	(void)state;

	begin_with_two(&j);
	j.story = "other";
	tell(&j, 2, 3, 3);
	expect(&j, false, 3);
	/* The same from the start on, of which two are known. */
	j.story = "third";
	tell(&j, 0, 4, 4);
	expect(&j, false, 4);
	end(&j);
}

static void an_older_journal_is_seen(void **state)
{
	struct node_journal j;
	(void)state;

	begin(&j);
	tell(&j, 0, 4, 4);
	expect(&j, true, 4);
	/* A copy of the file from before. */
	tell(&j, 0, 2, 2);
	expect(&j, false, 2);
	end(&j);
}

static void a_journal_that_begins_again_in_the_same_boot_is_seen(void **state)
{
	struct node_journal j;
	(void)state;

	begin_with_two(&j);
	tell(&j, 0, 0, 0);
	expect(&j, false, 0);
	end(&j);
}

static void a_journal_that_is_left_out_is_seen_until_the_next_boot(void **state)
{
	struct node_journal j;
	(void)state;

	begin_with_two(&j);
	j.scene.report = (struct span){ 0 };
	expect(&j, false, 2);
	j.scene.report = span_text("attestd-report/1\nend\n");
	expect(&j, false, 2);
	scene_reboot(&j.scene);
	j.scene.report = (struct span){ 0 };
	scene_attest(&j.scene);
	assert_true(scene_result_says(&j.scene.answer.commit, "\nstate trusted\n"));
	end(&j);
}

static void a_new_boot_begins_anew_or_goes_on(void **state)
{
	struct node_journal j;
	(void)state;

	begin_with_two(&j);
	/* Its directory outlived the boot. */
	scene_reboot(&j.scene);
	tell(&j, 2, 3, 3);
	expect(&j, true, 3);
	scene_reboot(&j.scene);
	tell(&j, 0, 1, 1);
	expect(&j, true, 1);
	/* But nothing else. */
	scene_reboot(&j.scene);
	tell(&j, 5, 6, 6);
	expect(&j, false, 6);
	end(&j);
}

static void a_node_that_is_new_here_shows_all_or_says_so(void **state)
{
	struct node_journal j;
	(void)state;

	begin(&j);
	tell(&j, 7, 8, 8);
	expect(&j, false, 8);
	end(&j);
}

/* Parts of a log, say: the records come again with the evidence that is judged. */
/* Not that the service failed: that would be no verdict, over and over. */
static void whatever_number_a_node_says_there_is_a_verdict(void **state)
{
	struct node_journal j;
	struct audit_row last = { 0 };
	(void)state;

	begin_with_two(&j);
	boast(&j, INT64_MAX);
	expect(&j, false, INT64_MAX);
	assert_int_equal(scene_noted(&j.scene, "journal-gap", &last), 1);
	boast(&j, (uint64_t)INT64_MAX + 1);
	scene_evidence(&j.scene);
	scene_expect(&j.scene, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_true(j.scene.answer.authenticate.is_final);
	scene_expect_result(&j.scene.answer.authenticate.result, "\nstate untrusted\n",
			    "report-malformed");
	end(&j);
}

static void nothing_is_collected_without_a_verdict(void **state)
{
	struct node_journal j;
	struct audit_row last = { 0 };
	(void)state;

	begin_with_two(&j);
	scene_reboot(&j.scene);
	tell(&j, 0, 1, 1);
	scene_authenticate(&j.scene);
	scene_prepare_commit(&j.scene);
	j.scene.request.commit.is_retry = true;
	scene_expect(&j.scene, FRAME_COMMIT, REFUSAL_NONE);
	assert_true(j.scene.answer.commit.is_retry);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 1);
	/* Still the first verdict of this boot. */
	expect(&j, true, 1);
	assert_int_equal(scene_noted(&j.scene, "issued", &last), 2);
	end(&j);
}

/* A head that is right, of fewer records than there were. */
static void a_journal_that_forgot_its_records_has_a_gap(void **state)
{
	struct node_journal j;
	struct journal_point point;
	char head[2 * SHA256_SIZE + 1] = "";
	(void)state;

	begin(&j);
	tell(&j, 0, 2, 2);
	expect(&j, true, 2);
	point = point_after(&j, 2);
	hex_encode(journal_point_head(&point), head);
	bytes_done(&j.text);
	assert_int_equal(bytes_printf(&j.text, "attestd-report/1\njournal 0 0 %s\nend\n", head),
			 OK);
	j.scene.report = span_of(&j.text);
	expect(&j, false, 0);
	end(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_node_issued_is_on_record_once),
		cmocka_unit_test(many_records_take_few_entries),
		cmocka_unit_test(a_hidden_issuance_is_seen),
		cmocka_unit_test(a_forked_journal_is_seen),
		cmocka_unit_test(an_older_journal_is_seen),
		cmocka_unit_test(a_journal_that_begins_again_in_the_same_boot_is_seen),
		cmocka_unit_test(a_journal_that_is_left_out_is_seen_until_the_next_boot),
		cmocka_unit_test(a_new_boot_begins_anew_or_goes_on),
		cmocka_unit_test(a_node_that_is_new_here_shows_all_or_says_so),
		cmocka_unit_test(nothing_is_collected_without_a_verdict),
		cmocka_unit_test(a_journal_that_forgot_its_records_has_a_gap),
		cmocka_unit_test(whatever_number_a_node_says_there_is_a_verdict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
