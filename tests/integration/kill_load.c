/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kill_load --ca FILE --port N --pid PID --store FILE [--kills N] [--seed N]
 *
 * Nodes in software attest against a running verifierd without a pause, while one
 * of its processes after the other is ended by SIGKILL, at random. Whatever a
 * client was told has to be on record at the end; whatever it was not told it asks
 * for again with the same bytes. Exit status 0: nothing was lost, nobody got more
 * than is on record, the audit log's chain holds, and each time it went on.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include "base/text.h"
#include "fleet_node.h"
#include "fleet_roles.h"
#include "messages/result.h"
#include "messages/statement.h"
#include "verifier/store/store.h"

#define CLIENTS 4
#define NODES_EACH 5
#define NODES ((size_t)CLIENTS * NODES_EACH)
#define RECORDS_MAX 200000
#define RECOVERY_S 30
#define CHECK_EVERY 20 /* kills */
#define PAGE 64

/* What a client was told: a grant, by its digest, to which node. */
struct record {
	uint32_t node;
	int64_t expires;
	uint8_t certificate[SHA256_SIZE];
	uint64_t clock; /* of the quote */
};

/* Between the processes of this program. */
struct shared {
	atomic_bool is_over;
	atomic_size_t told, asked_again, refused;
	atomic_size_t counts[CLIENTS];
	struct record records[CLIENTS][RECORDS_MAX / CLIENTS];
};

struct options {
	const char *ca, *store;
	unsigned port;
	pid_t pid;
	size_t kills;
	unsigned seed;
};

static struct shared *shared;

static void pause_ms(unsigned ms)
{
	const struct timespec time = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	(void)nanosleep(&time, NULL);
}

static double now(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void usage(void)
{
	(void)fprintf(stderr, "usage: kill_load --ca FILE --port N --pid PID --store FILE "
			      "[--kills N] [--seed N]\n");
	exit(2);
}

static void read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .kills = 40, .seed = (unsigned)time(NULL) };
	for (int i = 1; i + 1 < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];

		if (strcmp(name, "--ca") == 0)
			o->ca = value;
		else if (strcmp(name, "--store") == 0)
			o->store = value;
		else if (strcmp(name, "--port") == 0)
			o->port = (unsigned)strtoul(value, NULL, 10);
		else if (strcmp(name, "--pid") == 0)
			o->pid = (pid_t)strtol(value, NULL, 10);
		else if (strcmp(name, "--kills") == 0)
			o->kills = strtoul(value, NULL, 10);
		else if (strcmp(name, "--seed") == 0)
			o->seed = (unsigned)strtoul(value, NULL, 10);
		else
			usage();
	}
	if (o->ca == NULL || o->store == NULL || o->port == 0 || o->pid <= 0)
		usage();
}

/* --- a client ----------------------------------------------------------------- */

struct client {
	const struct options *options;
	size_t number;
	CURL *curl;
	struct bytes answer;
};

static size_t on_body(char *data, size_t one, size_t len, void *context)
{
	struct client *c = context;
	(void)one;

	assert_int_equal(bytes_append(&c->answer, (struct span){ (const uint8_t *)data, len }), OK);
	return len;
}

/* The HTTP status; 0: the connection was lost, in whatever way. */
static long post(struct client *c, const struct fleet_node *node, const char *what,
		 struct span body)
{
	AUTO_DONE(bytes) id = { 0 };
	char url[256];
	long status = 0;

	assert_int_equal(node_id_append(&id, &node->id), OK);
	(void)snprintf(url, sizeof(url), "https://localhost:%u/v1/nodes/%.*s/%s", c->options->port,
		       (int)id.len, (const char *)id.data, what);
	c->answer.len = 0;
	(void)curl_easy_setopt(c->curl, CURLOPT_URL, url);
	(void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDS, body.data);
	(void)curl_easy_setopt(c->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len);
	if (curl_easy_perform(c->curl) != CURLE_OK)
		return 0;
	(void)curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static bool is_passing(long status)
{
	return status == 0 || status == 429 || status == 503;
}

/* The same bytes until there is an answer that means something. */
static long insist(struct client *c, const struct fleet_node *node, const char *what,
		   struct span body)
{
	double until = now() + RECOVERY_S;

	for (;;) {
		long status = post(c, node, what, body);

		if (!is_passing(status) || atomic_load(&shared->is_over))
			return status;
		if (now() > until) {
			(void)fprintf(stderr, "kill_load: no answer in %d s, the last: %ld %.*s\n",
				      RECOVERY_S, status, (int)c->answer.len,
				      (const char *)c->answer.data);
			exit(1);
		}
		atomic_fetch_add(&shared->asked_again, 1);
		pause_ms(20);
	}
}

static void keep(struct client *c, size_t node, const struct verdict *verdict)
{
	size_t index = atomic_load(&shared->counts[c->number]);
	struct record *record = &shared->records[c->number][index];

	if (index == RECORDS_MAX / CLIENTS)
		return;
	*record = (struct record){ .node = (uint32_t)node, .expires = verdict->expires };
	memcpy(record->certificate, verdict->certificate.value, SHA256_SIZE);
	atomic_store(&shared->counts[c->number], index + 1);
	atomic_fetch_add(&shared->told, 1);
}

static void take_result(struct client *c, const struct fleet *fleet, size_t number)
{
	AUTO_DONE(attestation_result) result = { 0 };
	AUTO_DONE(verdict) verdict = { 0 };
	struct digest digest;

	if (attestation_result_parse(span_of(&c->answer), &result, NULL) != OK || result.retry ||
	    verdict_parse(span_of(&result.verdict), &verdict) != OK ||
	    verdict.state != NODE_TRUSTED || verdict.expires == 0 ||
	    digest_of(DIGEST_SHA256, span_of(&result.certificate), &digest) != OK ||
	    !digest_equal(&digest, &verdict.certificate)) {
		(void)fprintf(stderr, "kill_load: no grant: %.*s\n", (int)c->answer.len,
			      (const char *)c->answer.data);
		exit(1);
	}
	(void)fleet;
	keep(c, number, &verdict);
}

static void attest(struct client *c, const struct fleet *fleet, size_t number)
{
	struct fleet_node *node = &fleet->nodes[number];
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	AUTO_DONE(bytes) ask = { 0 };
	AUTO_DONE(bytes) evidence = { 0 };
	long status;

	fleet_ask(&ask);
	status = insist(c, node, "challenge", span_of(&ask));
	if (atomic_load(&shared->is_over))
		return;
	if (status == 200 &&
	    attestation_challenge_parse(span_of(&c->answer), &challenge, NULL) == OK) {
		fleet_answer(fleet, node, &challenge, &evidence);
		status = insist(c, node, "evidence", span_of(&evidence));
	}
	if (status == 200)
		take_result(c, fleet, number);
	if (status == 200 || atomic_load(&shared->is_over))
		return;
	/* A verifier that lost nothing has no reason to refuse. */
	(void)fprintf(stderr, "kill_load: %ld %.*s\n", status, (int)c->answer.len,
		      (const char *)c->answer.data);
	atomic_fetch_add(&shared->refused, 1);
}

static void run_client(const struct options *o, const struct fleet *fleet, size_t number)
{
	struct client c = { .options = o, .number = number, .curl = curl_easy_init() };
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");

	assert_true(c.curl != NULL && headers != NULL);
	(void)curl_easy_setopt(c.curl, CURLOPT_CAINFO, o->ca);
	(void)curl_easy_setopt(c.curl, CURLOPT_HTTPHEADER, headers);
	(void)curl_easy_setopt(c.curl, CURLOPT_TIMEOUT_MS, 5000L);
	(void)curl_easy_setopt(c.curl, CURLOPT_WRITEFUNCTION, on_body);
	(void)curl_easy_setopt(c.curl, CURLOPT_WRITEDATA, &c);
	for (size_t turn = 0; !atomic_load(&shared->is_over); turn++)
		attest(&c, fleet, number * NODES_EACH + turn % NODES_EACH);
	bytes_done(&c.answer);
	curl_slist_free_all(headers);
	curl_easy_cleanup(c.curl);
}

/* --- what has to hold ------------------------------------------------------------ */

/* The grants of the audit log, each by its digest. */
struct granted {
	uint8_t certificate[SHA256_SIZE];
	char node[2 * SHA256_SIZE + 1];
};

static struct granted *granted;
static size_t granted_count, granted_capacity;

static int compare_grants(const void *a, const void *b)
{
	return memcmp(a, b, SHA256_SIZE);
}

/* "sha256:HEX DOMAIN until N" */
static void add_grant(const struct audit_row *row)
{
	AUTO_DONE(bytes) raw = { 0 };
	const size_t prefix = strlen("sha256:");

	assert_true(row->text.len > prefix + 2 * SHA256_SIZE && row->node.len == 2 * SHA256_SIZE);
	assert_int_equal(
		hex_decode((struct span){ row->text.data + prefix, 2 * SHA256_SIZE }, &raw), OK);
	if (granted_count == granted_capacity) {
		granted_capacity = granted_capacity == 0 ? 1024 : 2 * granted_capacity;

		void *room = reallocarray(granted, granted_capacity, sizeof(*granted));

		assert_non_null(room);
		granted = room;
	}
	memcpy(granted[granted_count].certificate, raw.data, SHA256_SIZE);
	(void)snprintf(granted[granted_count].node, sizeof(granted[0].node), "%.*s",
		       (int)row->node.len, (const char *)row->node.data);
	granted_count++;
}

/* Each entry covers the one before. */
static uint64_t check_audit(struct store *store)
{
	uint8_t previous[SHA256_SIZE] = { 0 };
	uint64_t last = 0;

	granted_count = 0;
	for (size_t count = 1; count > 0;) {
		AUTO_DONE(keep) keep = { 0 };
		struct audit_row rows[PAGE];

		assert_int_equal(store_audit(store, last, PAGE, &keep, rows, &count), OK);
		for (size_t i = 0; i < count; i++) {
			uint8_t stored[SHA256_SIZE];

			memcpy(stored, rows[i].hash, SHA256_SIZE);
			assert_int_equal(rows[i].index, last + 1);
			assert_int_equal(audit_hash(previous, &rows[i]), OK);
			assert_memory_equal(rows[i].hash, stored, SHA256_SIZE);
			memcpy(previous, stored, SHA256_SIZE);
			last = rows[i].index;
			if (span_equal(rows[i].kind, span_text("grant")))
				add_grant(&rows[i]);
		}
	}
	if (granted_count > 0)
		qsort(granted, granted_count, sizeof(*granted), compare_grants);
	for (size_t i = 1; i < granted_count; i++)
		assert_true(compare_grants(&granted[i - 1], &granted[i]) != 0);
	return last;
}

/* What a client holds is on record, for that node. */
static void check_record(const struct fleet *fleet, const struct record *record)
{
	AUTO_DONE(bytes) id = { 0 };
	const struct granted *found = bsearch(record->certificate, granted, granted_count,
					      sizeof(*granted), compare_grants);

	assert_int_equal(node_id_append(&id, &fleet->nodes[record->node].id), OK);
	if (found == NULL)
		fail_msg("a grant that a client holds is not on record");
	assert_true(span_equal(span_of(&id), span_text(found->node)));
}

/* A node that has a right has a verdict, a boot session, and a quote behind it. */
static void check_node(struct store *store, const struct fleet_node *node, bool was_told)
{
	AUTO_DONE(keep) keep = { 0 };
	struct session_row session;
	struct node_row row;
	struct span result;

	assert_int_equal(store_node(store, &node->id, &keep, &row), OK);
	if (!was_told && row.expires == 0)
		return;
	assert_int_equal(row.verdict, NODE_TRUSTED);
	assert_true(row.attested > 0 && counters_clock(&row.counters) > 0);
	assert_int_equal(store_session(store, &node->id, &keep, &session), OK);
	assert_int_equal(store_session_result(store, &node->id, &keep, &result), OK);
	assert_true(result.len > 0);
}

/* At any time: what was told before this began to look is on record. */
static void check_store(const struct options *o, const struct fleet *fleet)
{
	bool was_told[NODES] = { false };
	struct store *opened = NULL;
	size_t counts[CLIENTS];
	uint64_t entries;

	for (size_t i = 0; i < CLIENTS; i++)
		counts[i] = atomic_load(&shared->counts[i]);
	assert_int_equal(store_open(o->store, &opened), OK);
	AUTO(store) store = opened;
	entries = check_audit(store);
	for (size_t i = 0; i < CLIENTS; i++)
		for (size_t j = 0; j < counts[i]; j++) {
			check_record(fleet, &shared->records[i][j]);
			was_told[shared->records[i][j].node] = true;
		}
	for (size_t i = 0; i < NODES; i++)
		check_node(store, &fleet->nodes[i], was_told[i]);
	(void)printf("kill_load: %llu audit entries hold together, %zu grants, %zu of them told\n",
		     (unsigned long long)entries, granted_count, atomic_load(&shared->told));
}

/* --- the series --------------------------------------------------------------------- */

/* Until so many more verdicts were told. */
static double await_verdicts(const char *after)
{
	size_t wanted = atomic_load(&shared->told) + 2 * (size_t)CLIENTS;
	double start = now();

	while (atomic_load(&shared->told) < wanted) {
		if (now() - start > RECOVERY_S) {
			(void)fprintf(stderr, "kill_load: no verdicts in %d s after %s\n",
				      RECOVERY_S, after);
			exit(1);
		}
		/* A client that gave up said why. */
		for (int how; waitpid(-1, &how, WNOHANG) > 0;)
			exit(1);
		pause_ms(5);
	}
	return now() - start;
}

/* One of those that live now, the parent left out. */
static bool kill_one(const struct options *o, unsigned random, struct fleet_role *killed)
{
	struct fleet_roles roles;

	fleet_roles_find(o->pid, &roles);
	if (roles.count < 2)
		return false;
	*killed = roles.role[1 + random % (roles.count - 1)];
	return kill(killed->pid, SIGKILL) == 0;
}

static void run_series(const struct options *o, const struct fleet *fleet)
{
	double longest = 0;
	unsigned state = o->seed;

	(void)await_verdicts("the start");
	for (size_t done = 0; done < o->kills;) {
		struct fleet_role killed;
		double took;

		pause_ms((unsigned)rand_r(&state) % 250);
		if (!kill_one(o, (unsigned)rand_r(&state), &killed))
			continue;
		done++;
		took = await_verdicts(killed.name);
		longest = took > longest ? took : longest;
		(void)printf("kill_load: %zu: %s, verdicts again after %.2f s\n", done, killed.name,
			     took);
		if (done % CHECK_EVERY == 0)
			check_store(o, fleet);
	}
	(void)printf(
		"kill_load: %zu kills, %zu verdicts told, %zu requests sent again, the longest "
		"wait %.2f s\n",
		o->kills, atomic_load(&shared->told), atomic_load(&shared->asked_again), longest);
}

static void start_clients(const struct options *o, const struct fleet *fleet, pid_t pids[CLIENTS])
{
	for (size_t i = 0; i < CLIENTS; i++) {
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] != 0)
			continue;
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_client(o, fleet, i);
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	AUTO_DONE(fleet) fleet = { 0 };
	struct options o;
	pid_t pids[CLIENTS];

	read_options(argc, argv, &o);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)printf("kill_load: --kills %zu --seed %u\n", o.kills, o.seed);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	assert_ptr_not_equal(shared, MAP_FAILED);
	fleet_init(&fleet, NODES);
	fleet_enrol(&fleet, o.store);
	start_clients(&o, &fleet, pids);
	run_series(&o, &fleet);
	atomic_store(&shared->is_over, true);
	for (size_t i = 0; i < CLIENTS; i++) {
		int how = 0;

		assert_int_equal(waitpid(pids[i], &how, 0), pids[i]);
		assert_int_equal(how, 0);
	}
	check_store(&o, &fleet);
	if (atomic_load(&shared->refused) > 0)
		(void)fprintf(stderr, "kill_load: %zu attestations were refused\n",
			      atomic_load(&shared->refused));
	free(granted);
	return atomic_load(&shared->refused) == 0 ? 0 : 1;
}
