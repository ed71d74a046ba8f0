/* SPDX-License-Identifier: Apache-2.0 */
/* What a fetcher lets a server send in one pass, and a loader ask for. */
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/file.h"
#include "scratch.h"
#include "verifier/fetcher/fetcher.h"
#include "verifier/fetcher/tree.h"
#include "verifier/loader/fetch_source.h"

#define TOTAL_MAX 1000

static char top[SCRATCH_MAX];

static int make_top(void **state)
{
	(void)state;
	return mkdtemp(scratch_name(top, "fetcher")) == NULL ? -1 : 0;
}

static int remove_top(void **state)
{
	(void)state;
	return tree_remove(AT_FDCWD, top) == OK ? 0 : -1;
}

/* --- the server: linked instead of verifier/fetcher/https_client.c ------------------ */

/* What it does with one path. */
struct page {
	const char *path;
	enum https_end end;
	enum fetch_cause cause;
	uint64_t received;
};

static const struct page pages[] = {
	{ "root/1/1.json", HTTPS_TAKEN, 0, 400 },
	{ "root/2/1.json", HTTPS_ABSENT, 0, 400 },
	{ "root/3/1.json", HTTPS_ABSENT, 0, 201 },
	{ "root/4/1.json", HTTPS_ABSENT, 0, 200 },
	{ "index/1.json", HTTPS_TAKEN, 0, 300 },
	{ "index/2.json", HTTPS_FAILED, FETCH_UNREACHABLE, 100 },
};

enum status https_client_new(const struct https_settings *settings, struct https_client **out)
{
	(void)settings;
	*out = NULL;
	return OK;
}

void https_client_free(struct https_client *client)
{
	(void)client;
}

void https_get(struct https_client *client, const char *path, int64_t since, uint64_t most, int fd,
	       struct https_answer *out)
{
	static const uint8_t bytes[TOTAL_MAX];
	(void)client;
	(void)since;

	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		const struct page *page = &pages[i];

		if (strcmp(page->path, path) != 0)
			continue;
		*out = (struct https_answer){ .end = page->end,
					      .cause = page->cause,
					      .received = page->received };
		if (page->end == HTTPS_TAKEN && page->received > most) {
			out->end = HTTPS_FAILED;
			out->cause = FETCH_TOO_LARGE;
		} else if (page->end == HTTPS_TAKEN) {
			(void)file_write_fd(fd, (struct span){ bytes, page->received });
		}
		return;
	}
	*out = (struct https_answer){ .end = HTTPS_FAILED, .cause = FETCH_SERVER_ERROR };
}

/* --- and who asks ------------------------------------------------------------------- */

struct pass {
	struct fetch_source source;
	pid_t fetcher;
};

static void begin(struct pass *p)
{
	const struct fetcher_settings settings = { .https = { .url = "https://server" },
						   .directory = top,
						   .total_max = TOTAL_MAX };
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	p->fetcher = fork();
	assert_true(p->fetcher >= 0);
	if (p->fetcher == 0) {
		(void)close(ends[0]);
		_exit(fetcher_run(&settings, ends[1]));
	}
	(void)close(ends[1]);
	fetch_source_init(&p->source, ends[0]);
}

static void end(struct pass *p)
{
	int status = -1;

	fetch_source_done(&p->source);
	assert_int_equal(waitpid(p->fetcher, &status, 0), p->fetcher);
	assert_int_equal(status, 0);
}

static enum status ask(struct pass *p, const char *path)
{
	AUTO_DONE(bytes) out = { 0 };

	return fetch_source_read(&p->source, path, TOTAL_MAX, &out);
}

static void what_comes_to_nothing_counts_in_a_pass(void **state)
{
	/* The third ends the pass: one byte too many, or none. */
	static const struct {
		const char *path[3];
		enum status end;
		enum fetch_cause cause;
	} rows[] = {
		{ { "root/1/1.json", "root/2/1.json", "root/4/1.json" }, STATUS_NOT_FOUND, 0 },
		{ { "root/1/1.json", "root/2/1.json", "root/3/1.json" },
		  STATUS_IO,
		  FETCH_OVER_TOTAL },
		{ { "root/1/1.json", "root/2/1.json", "index/1.json" },
		  STATUS_IO,
		  FETCH_OVER_TOTAL },
		{ { "root/1/1.json", "root/2/1.json", "index/2.json" },
		  STATUS_IO,
		  FETCH_UNREACHABLE },
	};
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct pass p;

		begin(&p);
		assert_int_equal(ask(&p, rows[i].path[0]), OK);
		assert_int_equal(ask(&p, rows[i].path[1]), STATUS_NOT_FOUND);
		assert_int_equal(ask(&p, rows[i].path[2]), rows[i].end);
		assert_int_equal(p.source.cause, rows[i].cause);
		end(&p);
	}
}

/* What is left is no number below zero, which would be as much as anybody likes. */
static void after_the_last_byte_nothing_comes(void **state)
{
	char incoming[SCRATCH_MAX + 16];
	struct stat facts;
	struct pass p;
	(void)state;

	begin(&p);
	assert_int_equal(ask(&p, "root/1/1.json"), OK);
	assert_int_equal(ask(&p, "root/2/1.json"), STATUS_NOT_FOUND);
	assert_int_equal(ask(&p, "root/3/1.json"), STATUS_IO);
	/* Whoever asks on all the same. */
	p.source.cause = 0;
	assert_int_equal(ask(&p, "index/1.json"), STATUS_IO);
	assert_int_equal(p.source.cause, FETCH_OVER_TOTAL);
	end(&p);
	(void)snprintf(incoming, sizeof(incoming), "%s/incoming", top);
	assert_int_equal(stat(incoming, &facts), 0);
	assert_int_equal(facts.st_size, 0);
}

/* A path that fetch_request_encode() would not write. */
static void encode_unchecked(const char *path, struct bytes *out)
{
	static const char valid[] = "root/1/1.json";
	const struct fetch_request request = { .path = span_text(valid), .most = 10 };

	assert_int_equal(strlen(path), strlen(valid));
	assert_int_equal(fetch_request_encode(&request, out), OK);
	memcpy(out->data + out->len - strlen(path), path, strlen(path));
}

/* A loader reads what strangers wrote: what it says counts no more than a stranger's word. */
static void no_file_outside_a_release_is_given_out(void **state)
{
	static const char *const paths[] = { "../../../etcx", "root/../x.jsn", "/root/1/1.jso" };
	(void)state;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		AUTO_DONE(bytes) body = { 0 };
		struct fetch_failure failure;
		struct frame answer;
		struct pass p;

		begin(&p);
		encode_unchecked(paths[i], &body);
		assert_int_equal(channel_call(&p.source.fetcher, FRAME_FETCH, 1, span_of(&body), -1,
					      &answer),
				 OK);
		assert_int_equal(answer.type, FRAME_FETCH_FAILED);
		assert_int_equal(fetch_failure_decode(answer.body, &failure), OK);
		assert_int_equal(failure.cause, FETCH_NAME);
		end(&p);
	}
}

static void what_a_loader_may_not_say_ends_the_fetcher(void **state)
{
	static const struct {
		uint16_t type;
		bool has_fd;
	} rows[] = { { FRAME_FETCHED, false },
		     { FRAME_FETCH, false },
		     { FRAME_NEWS_WANTED, true } };
	(void)state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct span nothing = { 0 };
		int status = -1;
		struct pass p;

		begin(&p);
		assert_int_equal(
			rows[i].has_fd ? channel_send_fd(&p.source.fetcher, rows[i].type, 1,
							 nothing, STDERR_FILENO)
				       : channel_send(&p.source.fetcher, rows[i].type, 1, nothing),
			OK);
		assert_int_equal(waitpid(p.fetcher, &status, 0), p.fetcher);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 1);
		fetch_source_done(&p.source);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_to_nothing_counts_in_a_pass),
		cmocka_unit_test(after_the_last_byte_nothing_comes),
		cmocka_unit_test(no_file_outside_a_release_is_given_out),
		cmocka_unit_test(what_a_loader_may_not_say_ends_the_fetcher),
	};

	return cmocka_run_group_tests(tests, make_top, remove_top);
}
