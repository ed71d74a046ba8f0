/* SPDX-License-Identifier: Apache-2.0 */
/* What a TPM, or who stands before it, answers that was not asked for. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/reader.h"
#include "base/writer.h"
#include "tpm/device/connection.h"

#define ANSWERS_MAX 24
#define ANSWER_MAX 4096
#define INDEX 0x01c0000au

/* A TCTI that has its answers ready. */
struct tpm {
	TSS2_TCTI_CONTEXT_COMMON_V1 common; /* first */
	struct bytes answers[ANSWERS_MAX];
	size_t count, asked;
	uint32_t handle; /* of the last command */
};

static TSS2_RC transmit(TSS2_TCTI_CONTEXT *context, size_t size, const uint8_t *command)
{
	struct tpm *t = (struct tpm *)context;
	struct reader r = reader_over((struct span){ .data = command, .len = size });

	reader_skip(&r, 10);
	t->handle = reader_be32(&r);
	return TSS2_RC_SUCCESS;
}

static TSS2_RC receive(TSS2_TCTI_CONTEXT *context, size_t *size, uint8_t *answer, int32_t timeout)
{
	struct tpm *t = (struct tpm *)context;
	(void)timeout;

	assert_true(t->asked < t->count);

	const struct bytes *next = &t->answers[t->asked];
	size_t room = *size;

	*size = next->len;
	/* How long it is was the question. */
	if (answer == NULL)
		return TSS2_RC_SUCCESS;
	assert_true(next->len <= room);
	memcpy(answer, next->data, next->len);
	t->asked++;
	return TSS2_RC_SUCCESS;
}

static void finalize(TSS2_TCTI_CONTEXT *context)
{
	(void)context;
}

static void will_say(struct tpm *t, uint16_t tag, uint32_t code, const struct bytes *body)
{
	assert_true(t->count < ANSWERS_MAX);

	struct writer w = writer_to(&t->answers[t->count++], ANSWER_MAX);

	writer_be16(&w, tag);
	writer_be32(&w, (uint32_t)(10 + body->len));
	writer_be32(&w, code);
	writer_put(&w, span_of(body));
	assert_int_equal(writer_end(&w), OK);
}

static void will_answer(struct tpm *t, const struct bytes *body)
{
	will_say(t, TPM2_ST_NO_SESSIONS, TPM2_RC_SUCCESS, body);
}

/* What stands behind the guard, as in connection.c. */
struct scene {
	struct tpm tpm;
	struct tpm_device device;
	struct connection c;
};

static int begin(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->tpm.common = (TSS2_TCTI_CONTEXT_COMMON_V1){ .magic = 1,
						       .version = 1,
						       .transmit = transmit,
						       .receive = receive,
						       .finalize = finalize };
	s->device.guard = guard_new((TSS2_TCTI_CONTEXT *)&s->tpm);
	assert_non_null(s->device.guard);
	assert_int_equal(Esys_Initialize(&s->c.esys, s->device.guard, NULL), TSS2_RC_SUCCESS);
	assert_int_equal(Esys_GetSysContext(s->c.esys, &s->c.sys), TSS2_RC_SUCCESS);
	s->c.device = &s->device;
	*state = s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	Esys_Finalize(&s->c.esys);
	free(s->device.guard);
	for (size_t i = 0; i < s->tpm.count; i++)
		bytes_done(&s->tpm.answers[i]);
	free(s);
	return 0;
}

/* A scene of its own for each row of a table. */
static struct scene *again(void **state)
{
	(void)end(state);
	(void)begin(state);
	return *state;
}

static TSS2_RC ask(struct scene *s, uint32_t code, uint8_t *answer, size_t *len)
{
	const uint8_t command[] = {
		0x80, 1, 0, 0, 0, 10, 0, 0, (uint8_t)(code >> 8), (uint8_t)code
	};

	assert_int_equal(Tss2_Tcti_Transmit(s->device.guard, sizeof(command), command),
			 TSS2_RC_SUCCESS);
	return Tss2_Tcti_Receive(s->device.guard, len, answer, TSS2_TCTI_TIMEOUT_BLOCK);
}

static void only_whole_answers_reach_the_tss(void **state)
{
	static const struct {
		uint32_t command;
		uint16_t tag;
		uint32_t size, code;
		size_t len; /* that it has */
		bool is_whole;
	} rows[] = {
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 10, 0, 10, true },
		{ TPM2_CC_FlushContext, TPM2_ST_SESSIONS, 10, 0, 10, true },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 11, 0, 10, false },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 9, 0, 10, false },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 9, 0, 9, false },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 11, 0, 11, false },
		{ TPM2_CC_FlushContext, TPM2_ST_RSP_COMMAND, 10, 0, 10, false },
		{ TPM2_CC_FlushContext, TPM2_ST_RSP_COMMAND, 10, TPM2_RC_BAD_TAG, 10, true },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 10, TPM2_RC_FAILURE, 10, true },
		{ TPM2_CC_FlushContext, TPM2_ST_NO_SESSIONS, 11, TPM2_RC_FAILURE, 11, false },
		{ TPM2_CC_ContextLoad, TPM2_ST_NO_SESSIONS, 13, 0, 13, false },
		{ TPM2_CC_ContextLoad, TPM2_ST_NO_SESSIONS, 14, 0, 14, true },
		{ TPM2_CC_ContextLoad, TPM2_ST_NO_SESSIONS, 15, 0, 15, false },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 9, 0, 9, false },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 18, 0, 18, false },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 19, 0, 19, true },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 20, 0, 20, true },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 20, 0, 19, false },
		{ TPM2_CC_GetCapability, TPM2_ST_NO_SESSIONS, 19, 0, 20, false },
		{ TPM2_CC_GetRandom, TPM2_ST_NO_SESSIONS, 20, 0, 20, false },
		{ TPM2_CC_GetRandom, TPM2_ST_NO_SESSIONS, 10, TPM2_RC_FAILURE, 10, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		static const uint8_t body[16];
		struct scene *s = again(state);
		struct writer w = writer_to(&s->tpm.answers[s->tpm.count++], ANSWER_MAX);
		uint8_t answer[64] = { 0 };
		size_t len = sizeof(answer);

		writer_be16(&w, rows[i].tag);
		writer_be32(&w, rows[i].size);
		writer_be32(&w, rows[i].code);
		writer_put(&w, (struct span){ body, sizeof(body) });
		assert_int_equal(writer_end(&w), OK);
		s->tpm.answers[0].len = rows[i].len;
		assert_int_equal(ask(s, rows[i].command, answer, &len),
				 rows[i].is_whole ? TSS2_RC_SUCCESS
						  : TSS2_TCTI_RC_MALFORMED_RESPONSE);
	}
}

static void behind_an_answer_nothing_is_left_of_the_command(void **state)
{
	struct scene *s = *state;
	const struct bytes nothing = { 0 };
	uint8_t answer[64] = { 0 };
	size_t len = sizeof(answer);

	will_answer(&s->tpm, &nothing);
	assert_int_equal(ask(s, TPM2_CC_FlushContext, answer, &len), TSS2_RC_SUCCESS);
	assert_int_equal(len, 10);
	for (size_t i = len; i < sizeof(answer); i++)
		assert_int_equal(answer[i], 0xff);
}

/* TPMS_CAPABILITY_DATA of one number a row, or of two. */
static void will_list(struct tpm *t, uint32_t capability, const uint32_t *numbers, size_t count,
		      size_t in_a_row)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, ANSWER_MAX);

	writer_u8(&w, TPM2_NO);
	writer_be32(&w, capability);
	writer_be32(&w, (uint32_t)(count / in_a_row));
	for (size_t i = 0; i < count; i++)
		writer_be32(&w, numbers[i]);
	assert_int_equal(writer_end(&w), OK);
	will_answer(t, &body);
}

static void a_property_is_the_one_that_was_asked_for(void **state)
{
	static const struct {
		uint32_t answer[4];
		size_t count;
		uint32_t value;
	} rows[] = {
		{ { TPM2_PT_PERMANENT, 7 }, 2, 7 },
		{ { TPM2_PT_STARTUP_CLEAR, 7 }, 2, 0 },
		{ { 0 }, 0, 0 },
		{ { TPM2_PT_PERMANENT, 7, TPM2_PT_STARTUP_CLEAR, 8 }, 4, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s = again(state);
		uint32_t value = 99;

		will_list(&s->tpm, TPM2_CAP_TPM_PROPERTIES, rows[i].answer, rows[i].count, 2);
		assert_int_equal(property_read(&s->c, TPM2_PT_PERMANENT, &value), OK);
		assert_int_equal(value, rows[i].value);
	}
}

/* Whether the command was run is not known then, and what it left is looked for. */
static void an_answer_that_is_none_ends_the_connection(void **state)
{
	static const struct {
		uint16_t tag;
		uint32_t code;
		bool ends;
	} rows[] = {
		{ TPM2_ST_NO_SESSIONS, TPM2_RC_FAILURE, false },
		{ TPM2_ST_RSP_COMMAND, TPM2_RC_SUCCESS, true },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bytes nothing = { 0 };
		struct scene *s = again(state);
		uint32_t value;

		will_say(&s->tpm, rows[i].tag, rows[i].code, &nothing);
		assert_int_equal(property_read(&s->c, TPM2_PT_PERMANENT, &value), STATUS_IO);
		assert_int_equal(s->device.is_broken, rows[i].ends);
		assert_int_equal(s->device.has_leftovers, rows[i].ends);
	}
}

static void handles_beside_those_that_were_asked_for_are_left_out(void **state)
{
	static const uint32_t answer[] = { 9, 10, 11, 19, 20, 21 };
	TPM2_HANDLE handles[4] = { 1, 2, 3, 4 };
	struct scene *s = *state;
	size_t count = 0;

	will_list(&s->tpm, TPM2_CAP_HANDLES, answer, 6, 1);
	assert_int_equal(handles_list(&s->c, 10, 20, handles, 4, &count), OK);
	assert_int_equal(count, 3);
	assert_int_equal(handles[0], 10);
	assert_int_equal(handles[2], 19);
	assert_int_equal(handles[3], 4);

	will_list(&s->tpm, TPM2_CAP_HANDLES, answer, 6, 1);
	assert_int_equal(handles_list(&s->c, 10, 20, handles, 2, &count), OK);
	assert_int_equal(count, 2);
	assert_int_equal(handles[2], 19);
}

/* TPM2_NV_ReadPublic. */
static void will_describe(struct tpm *t, uint32_t index, uint32_t attributes, uint16_t size)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, ANSWER_MAX);

	writer_be16(&w, 14);
	writer_be32(&w, index);
	writer_be16(&w, TPM2_ALG_SHA256);
	writer_be32(&w, attributes);
	writer_be16(&w, 0);
	writer_be16(&w, size);
	writer_be16(&w, 0);
	assert_int_equal(writer_end(&w), OK);
	will_answer(t, &body);
}

/* TPM2_NV_Read, by a password. */
static void will_read(struct tpm *t, uint8_t filling, uint16_t size)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, ANSWER_MAX);

	writer_be32(&w, 2u + size);
	writer_be16(&w, size);
	for (uint16_t i = 0; i < size; i++)
		writer_u8(&w, filling);
	writer_be16(&w, 0);
	writer_u8(&w, 0);
	writer_be16(&w, 0);
	assert_int_equal(writer_end(&w), OK);
	will_say(t, TPM2_ST_SESSIONS, TPM2_RC_SUCCESS, &body);
}

static void an_nv_index_is_read_whole(void **state)
{
	static const struct {
		uint32_t attributes, by;
	} rows[] = {
		{ TPMA_NV_WRITTEN | TPMA_NV_AUTHREAD, INDEX },
		{ TPMA_NV_WRITTEN | TPMA_NV_OWNERREAD, TPM2_RH_OWNER },
	};

	for (size_t i = 0; i < 2; i++) {
		AUTO_DONE(bytes) content = { 0 };
		struct scene *s = again(state);

		will_describe(&s->tpm, INDEX, rows[i].attributes, 600);
		will_read(&s->tpm, 1, 512);
		will_read(&s->tpm, 2, 88);
		assert_int_equal(nv_read_listed(&s->c, INDEX, &content), OK);
		assert_int_equal(s->tpm.handle, rows[i].by);
		assert_int_equal(content.len, 600);
		assert_int_equal(content.data[511], 1);
		assert_int_equal(content.data[512], 2);
	}
}

static void no_nv_index_is_read_in_place_of_another_or_in_part(void **state)
{
	static const struct {
		uint32_t index, attributes;
		uint16_t size, part; /* that comes, 0: none is asked for */
		enum status status;
	} rows[] = {
		{ INDEX, TPMA_NV_WRITTEN, 40, 40, OK },
		{ INDEX + 1, TPMA_NV_WRITTEN, 40, 0, STATUS_IO },
		{ INDEX, 0, 40, 0, STATUS_NOT_FOUND },
		{ INDEX, TPMA_NV_WRITTEN, 8193, 0, STATUS_TOO_LARGE },
		{ INDEX, TPMA_NV_WRITTEN, 40, 39, STATUS_IO },
		{ INDEX, TPMA_NV_WRITTEN, 40, 41, STATUS_IO },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_DONE(bytes) content = { 0 };
		struct scene *s = again(state);

		will_describe(&s->tpm, rows[i].index, rows[i].attributes, rows[i].size);
		if (rows[i].part > 0)
			will_read(&s->tpm, 1, rows[i].part);
		assert_int_equal(nv_read_listed(&s->c, INDEX, &content), rows[i].status);
		assert_int_equal(content.len, rows[i].status == OK ? rows[i].size : 0);
		assert_int_equal(s->tpm.asked, s->tpm.count);
	}
}

/* Absent is what the list says, not the index that it had. */
static void an_nv_index_that_goes_while_it_is_read_is_a_fault(void **state)
{
	AUTO_DONE(bytes) content = { 0 };
	const struct bytes nothing = { 0 };
	struct scene *s = *state;

	will_say(&s->tpm, TPM2_ST_NO_SESSIONS, TPM2_RC_HANDLE + TPM2_RC_1, &nothing);
	assert_int_equal(nv_read_listed(&s->c, INDEX, &content), STATUS_UNAVAILABLE);

	will_describe(&s->tpm, INDEX, TPMA_NV_WRITTEN, 40);
	will_say(&s->tpm, TPM2_ST_NO_SESSIONS, TPM2_RC_HANDLE + TPM2_RC_1, &nothing);
	assert_int_equal(nv_read_listed(&s->c, INDEX, &content), STATUS_UNAVAILABLE);
	assert_int_equal(content.len, 0);
}

static void an_nv_index_is_asked_for_where_it_is_listed(void **state)
{
	AUTO_DONE(bytes) content = { 0 };
	static const uint32_t next = INDEX + 1;
	const struct bytes nothing = { 0 };
	struct scene *s = *state;

	will_list(&s->tpm, TPM2_CAP_HANDLES, &next, 1, 1);
	assert_int_equal(nv_read(&s->c, INDEX, &content), STATUS_NOT_FOUND);

	will_say(&s->tpm, TPM2_ST_NO_SESSIONS, TPM2_RC_FAILURE, &nothing);
	assert_int_equal(nv_read(&s->c, INDEX, &content), STATUS_IO);
}

/* TPM2_PCR_Read of the SHA-256 bank: digests of so many bytes, filled with value. */
struct pcr_answer {
	uint32_t counter, selections;
	pcr_mask pcrs;
	uint32_t digests;
	uint16_t size;
	uint8_t value;
};

static void will_show(struct tpm *t, const struct pcr_answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, ANSWER_MAX);

	writer_be32(&w, answer->counter);
	writer_be32(&w, answer->selections);
	for (uint32_t i = 0; i < answer->selections; i++) {
		writer_be16(&w, TPM2_ALG_SHA256);
		writer_u8(&w, 3);
		for (unsigned at = 0; at < 24; at += 8)
			writer_u8(&w, (uint8_t)(answer->pcrs >> at));
	}
	writer_be32(&w, answer->digests);
	for (uint32_t i = 0; i < answer->digests; i++) {
		writer_be16(&w, answer->size);
		for (uint16_t at = 0; at < answer->size; at++)
			writer_u8(&w, answer->value);
	}
	assert_int_equal(writer_end(&w), OK);
	will_answer(t, &body);
}

#define PCRS ((pcr_mask)0x600)

static void pcrs_are_those_that_were_asked_for(void **state)
{
	static const struct {
		struct pcr_answer answer;
		enum status status;
	} rows[] = {
		{ { 1, 1, PCRS, 2, 32, 5 }, OK },
		{ { 1, 1, 0, 0, 32, 5 }, STATUS_UNSUPPORTED },
		{ { 1, 1, 0x800, 1, 32, 5 }, STATUS_UNSUPPORTED },
		{ { 1, 0, 0, 0, 32, 5 }, STATUS_UNSUPPORTED },
		{ { 1, 2, PCRS, 2, 32, 5 }, STATUS_UNSUPPORTED },
		{ { 1, 1, PCRS, 1, 32, 5 }, STATUS_TRUNCATED },
		{ { 1, 1, PCRS, 2, 31, 5 }, STATUS_MALFORMED },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct scene *s = again(state);
		struct pcr_values values;

		will_show(&s->tpm, &rows[i].answer);
		assert_int_equal(pcrs_read(&s->c, DIGEST_SHA256, PCRS, &values), rows[i].status);
	}
}

/* The TPM gives as many as it likes, and the others when it is asked again. */
static void pcrs_are_of_one_moment(void **state)
{
	struct scene *s = *state;
	struct pcr_values values;

	will_show(&s->tpm, &(struct pcr_answer){ 7, 1, 0x200, 1, 32, 1 });
	will_show(&s->tpm, &(struct pcr_answer){ 8, 1, 0x400, 1, 32, 2 });
	will_show(&s->tpm, &(struct pcr_answer){ 8, 1, 0x200, 1, 32, 3 });
	will_show(&s->tpm, &(struct pcr_answer){ 8, 1, 0x400, 1, 32, 4 });
	assert_int_equal(pcrs_read(&s->c, DIGEST_SHA256, PCRS, &values), OK);
	assert_int_equal(s->tpm.asked, 4);
	assert_int_equal(pcr_value(&values, DIGEST_SHA256, 9)->value[0], 3);
	assert_int_equal(pcr_value(&values, DIGEST_SHA256, 10)->value[0], 4);
}

static void pcrs_that_never_hold_still_are_given_up(void **state)
{
	struct scene *s = *state;
	struct pcr_values values;

	for (uint32_t i = 0; i < 16; i++)
		will_show(&s->tpm,
			  &(struct pcr_answer){ i, 1, i % 2 == 0 ? 0x200 : 0x400, 1, 32, 1 });
	assert_int_equal(pcrs_read(&s->c, DIGEST_SHA256, PCRS, &values), STATUS_UNAVAILABLE);
	assert_int_equal(s->tpm.asked, 16);
}

#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_SCENE(only_whole_answers_reach_the_tss),
		IN_SCENE(behind_an_answer_nothing_is_left_of_the_command),
		IN_SCENE(a_property_is_the_one_that_was_asked_for),
		IN_SCENE(an_answer_that_is_none_ends_the_connection),
		IN_SCENE(handles_beside_those_that_were_asked_for_are_left_out),
		IN_SCENE(an_nv_index_is_read_whole),
		IN_SCENE(no_nv_index_is_read_in_place_of_another_or_in_part),
		IN_SCENE(an_nv_index_that_goes_while_it_is_read_is_a_fault),
		IN_SCENE(an_nv_index_is_asked_for_where_it_is_listed),
		IN_SCENE(pcrs_are_those_that_were_asked_for),
		IN_SCENE(pcrs_are_of_one_moment),
		IN_SCENE(pcrs_that_never_hold_still_are_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
