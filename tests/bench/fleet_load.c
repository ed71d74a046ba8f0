/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fleet_load --ca FILE [--rounds N] [--seconds S] [--connections N] NODES:PORT:PID:STORE ...
 *
 * Fleets of nodes in software, each against a running verifierd of its own, in turn
 * and round after round, so that what a fleet's size costs is compared within one
 * run. What a verifier spends is its processes' CPU time; this program's own is no
 * part of it, though it wants the same cores. The cryptography that an attestation
 * can't do without is timed right before and right after each window, while no verifier
 * has anything to do, and on both cores at once, as a window has them: what one core
 * does slows the other, and what a machine shares with others comes and goes.
 */
#include "unit.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto_openssl.h"
#include "fleet_client.h"
#include "fleet_roles.h"
#include "measure.h"

#define TARGETS_MAX 8
#define FLOOR_TURNS 300
#define MODES 3
#define CORES 2

struct target {
	size_t nodes;
	unsigned port;
	pid_t pid;
	const char *store;
	struct fleet fleet;
	struct fleet_client *client;
	struct fleet_roles roles;
	struct measure rate, capacity, busiest, flat;
	double cost; /* seconds of CPU, in this round, over kept connections */
};

struct options {
	const char *ca;
	double seconds;
	size_t rounds, connections, target_count;
	struct target targets[TARGETS_MAX];
};

/* One window of load. */
struct window {
	const struct target *target;
	size_t marks, attested[2];
	double wall[2], cpu[2], role_cpu[2][FLEET_ROLES_MAX];
};

static void usage(void)
{
	(void)fprintf(stderr, "usage: fleet_load --ca FILE [--rounds N] [--seconds S] "
			      "[--connections N] NODES:PORT:PID:STORE ...\n");
	exit(2);
}

static void read_target(char *text, struct target *t)
{
	char *fields[4];

	for (size_t i = 0; i < 4; i++)
		fields[i] = strsep(&text, ":");
	if (fields[3] == NULL)
		usage();
	t->nodes = strtoul(fields[0], NULL, 10);
	t->port = (unsigned)strtoul(fields[1], NULL, 10);
	t->pid = (pid_t)strtol(fields[2], NULL, 10);
	t->store = fields[3];
	if (t->nodes == 0 || t->port == 0 || t->port > UINT16_MAX || t->pid <= 0)
		usage();
}

static void read_option(struct options *o, const char *name, const char *value)
{
	if (value == NULL)
		usage();
	if (strcmp(name, "--ca") == 0)
		o->ca = value;
	else if (strcmp(name, "--rounds") == 0)
		o->rounds = strtoul(value, NULL, 10);
	else if (strcmp(name, "--seconds") == 0)
		o->seconds = strtod(value, NULL);
	else if (strcmp(name, "--connections") == 0)
		o->connections = strtoul(value, NULL, 10);
	else
		usage();
}

static void read_options(int argc, char **argv, struct options *o)
{
	*o = (struct options){ .seconds = 1, .rounds = 11, .connections = 128 };
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "--", 2) == 0) {
			read_option(o, argv[i], argv[i + 1]);
			i++;
			continue;
		}
		if (o->target_count == TARGETS_MAX)
			usage();
		read_target(argv[i], &o->targets[o->target_count++]);
	}
	if (o->ca == NULL || o->target_count == 0 || o->rounds == 0 ||
	    o->rounds > MEASURE_SAMPLES_MAX / MODES || o->connections == 0 || o->seconds <= 0)
		usage();
}

static const uint8_t floor_text[150] = { 0xff };

static EVP_PKEY_CTX *ready_for(EVP_PKEY *key, int (*begin)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	assert_non_null(ctx);
	assert_int_equal(begin(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()), 1);
	return ctx;
}

static size_t sign(EVP_PKEY_CTX *signer, uint8_t der[80])
{
	const struct span text = { floor_text, sizeof(floor_text) };
	struct digest digest;
	size_t len = 80;

	assert_int_equal(digest_of(DIGEST_SHA256, text, &digest), OK);
	assert_int_equal(EVP_PKEY_sign(signer, der, &len, digest.value, SHA256_SIZE), 1);
	return len;
}

/* One verification and two signatures, FLOOR_TURNS times, as OpenSSL alone does them with
 * keys and contexts at hand: the calls that the verifier makes, and nothing beside them. */
static void *run_floor(void *unused)
{
	const struct span text = { floor_text, sizeof(floor_text) };
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	AUTO(EVP_PKEY_CTX) signer = ready_for(key, EVP_PKEY_sign_init);
	AUTO(EVP_PKEY_CTX) verifier = ready_for(key, EVP_PKEY_verify_init);
	struct digest digest;
	uint8_t der[80], made[80];
	size_t len = sign(signer, der);
	(void)unused;

	for (int i = 0; i < FLOOR_TURNS; i++) {
		assert_int_equal(digest_of(DIGEST_SHA256, text, &digest), OK);
		assert_int_equal(EVP_PKEY_verify(verifier, der, len, digest.value, SHA256_SIZE), 1);
		(void)sign(signer, made);
		(void)sign(signer, made);
	}
	return NULL;
}

static size_t sign_anew(EVP_MD_CTX *ctx, EVP_PKEY *key, uint8_t der[80])
{
	size_t len = 80;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
	assert_int_equal(EVP_DigestSign(ctx, der, &len, floor_text, sizeof(floor_text)), 1);
	assert_int_equal(EVP_MD_CTX_reset(ctx), 1);
	return len;
}

/* The same by the calls that set up a context for each, which is what a verifier would
 * spend that keeps none, and no part of the floor. */
static void *run_anew(void *unused)
{
	AUTO(EVP_PKEY) key = EVP_EC_gen("P-256");
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	uint8_t der[80], made[80];
	size_t len;
	(void)unused;

	assert_true(key != NULL && ctx != NULL);
	len = sign_anew(ctx, key, der);
	for (int i = 0; i < FLOOR_TURNS; i++) {
		assert_int_equal(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key), 1);
		assert_int_equal(EVP_DigestVerify(ctx, der, len, floor_text, sizeof(floor_text)),
				 1);
		assert_int_equal(EVP_MD_CTX_reset(ctx), 1);
		(void)sign_anew(ctx, key, made);
		(void)sign_anew(ctx, key, made);
	}
	return NULL;
}

/* Seconds of CPU for one turn of it, on all cores at once. */
static double measure_turns(void *(*turns)(void *))
{
	pthread_t threads[CORES];
	double start = measure_cpu();

	for (size_t i = 0; i < CORES; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, turns, NULL), 0);
	for (size_t i = 0; i < CORES; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	return (measure_cpu() - start) / (CORES * FLOOR_TURNS);
}

static void mark(void *context, size_t attested)
{
	struct window *w = context;
	const struct fleet_roles *roles = &w->target->roles;
	size_t which = w->marks++;

	w->attested[which] = attested;
	w->wall[which] = measure_wall();
	for (size_t i = 0; i < roles->count; i++) {
		w->role_cpu[which][i] = fleet_role_cpu(&roles->role[i]);
		w->cpu[which] += w->role_cpu[which][i];
	}
}

static struct window load(const struct options *o, const struct target *t, enum fleet_mode mode)
{
	struct window w = { .target = t };

	fleet_load(t->client, mode, o->seconds / 4, o->seconds, mark, &w);
	assert_true(w.attested[1] > w.attested[0]);
	return w;
}

static double attested(const struct window *w)
{
	return (double)(w->attested[1] - w->attested[0]);
}

static double cost(const struct window *w)
{
	return (w->cpu[1] - w->cpu[0]) / attested(w);
}

static double cost_of_busiest(const struct window *w)
{
	double most = 0;

	for (size_t i = 0; i < w->target->roles.count; i++)
		if (w->role_cpu[1][i] - w->role_cpu[0][i] > most)
			most = w->role_cpu[1][i] - w->role_cpu[0][i];
	return most / attested(w);
}

/* For whoever looks why: not a figure. */
static void explain(const struct window *w, enum fleet_mode mode)
{
	(void)fprintf(stderr, "fleet: %zu nodes, %s: %.0f attestations/s;", w->target->nodes,
		      fleet_mode_name(mode), attested(w) / (w->wall[1] - w->wall[0]));
	for (size_t i = 0; i < w->target->roles.count; i++)
		(void)fprintf(stderr, " %s %.1f us", w->target->roles.role[i].name,
			      1e6 * (w->role_cpu[1][i] - w->role_cpu[0][i]) / attested(w));
	(void)fputc('\n', stderr);
}

struct floors {
	struct measure bare, anew;
};

/* Each window between two looks at the floor; the last one is the next one's first. */
static void measure_modes(const struct options *o, const struct target *t, struct floors *floors,
			  struct measure ratios[MODES])
{
	double before = measure_turns(run_floor);

	measure_add(&floors->anew, 1e6 * measure_turns(run_anew));

	for (unsigned mode = 0; mode < MODES; mode++) {
		struct window w = load(o, t, mode);
		double after = measure_turns(run_floor);

		explain(&w, mode);
		measure_add(&ratios[mode], 2 * cost(&w) / (before + after));
		measure_add(&floors->bare, 1e6 * before);
		before = after;
	}
}

static void measure_fleets(struct options *o)
{
	for (size_t i = 0; i < o->target_count; i++) {
		struct target *t = &o->targets[i];
		struct window w = load(o, t, FLEET_KEPT);
		double all = CORES / cost(&w), one = 1 / cost_of_busiest(&w);

		explain(&w, FLEET_KEPT);
		t->cost = cost(&w);
		measure_add(&t->rate, attested(&w) / (w.wall[1] - w.wall[0]));
		measure_add(&t->capacity, all < one ? all : one);
		measure_add(&t->flat, t->cost / o->targets[0].cost);
	}
}

static double store_bytes(const char *store)
{
	static const char *const ends[] = { "", "-wal" };
	double sum = 0;

	for (size_t i = 0; i < 2; i++) {
		char path[512];
		struct stat facts;

		(void)snprintf(path, sizeof(path), "%s%s", store, ends[i]);
		if (stat(path, &facts) == 0)
			sum += (double)facts.st_size;
	}
	return sum;
}

/* Enrolled, and each attested from its log's first entry on. */
static void prepare(const struct options *o, struct target *t)
{
	const struct fleet_client_settings settings = { .fleet = &t->fleet,
							.ca = o->ca,
							.port = (unsigned short)t->port,
							.connections = o->connections < t->nodes
									       ? o->connections
									       : t->nodes };
	double start;

	fleet_roles_find(t->pid, &t->roles);
	fleet_init(&t->fleet, t->nodes);
	fleet_enrol(&t->fleet, t->store);
	t->client = fleet_client_new(&settings);
	start = measure_wall();
	fleet_attest(t->client, FLEET_KEPT, t->nodes);
	(void)fprintf(stderr, "fleet: %zu nodes attested for the first time, %.0f/s\n", t->nodes,
		      (double)t->nodes / (measure_wall() - start));
	t->rate = (struct measure){ .unit = "attestations/s" };
	t->capacity = (struct measure){ .unit = "attestations/s" };
	t->flat = (struct measure){ .unit = "ratio", .compared_with = "the smallest fleet" };
}

static void print_named(struct measure *m, const char *format, size_t nodes)
{
	char name[96];

	/* Each format is one of report_fleet()'s. */
	(void)snprintf(name, sizeof(name), "fleet of %zu: %s", nodes, format);
	m->name = name;
	measure_print(m);
	m->name = NULL;
}

static void print_one(const char *what, const char *unit, size_t nodes, double value)
{
	struct measure m = { .unit = unit };

	measure_add(&m, value);
	print_named(&m, what, nodes);
}

static void report_fleet(struct target *t)
{
	print_named(&t->rate, "attestations with the fleet itself on the same cores", t->nodes);
	print_named(&t->capacity, "attestations that the verifier's CPU time allows on two cores",
		    t->nodes);
	print_named(&t->flat, "CPU for each attestation", t->nodes);
	print_one("peak memory of verifierd, all roles", "bytes", t->nodes,
		  fleet_roles_memory(&t->roles, "status", "VmHWM"));
	print_one("private memory of verifierd, all roles", "bytes", t->nodes,
		  fleet_roles_memory(&t->roles, "smaps_rollup", "Private_Dirty"));
	print_one("store for each node", "bytes", t->nodes,
		  store_bytes(t->store) / (double)t->nodes);
}

int main(int argc, char **argv)
{
	static struct options o;
	static struct measure ratios[MODES] = {
		{ .name = "verifier CPU for an attestation over a kept connection" },
		{ .name = "verifier CPU for an attestation over a resumed connection" },
		{ .name = "verifier CPU for an attestation over a new connection" },
	};

	static struct floors floors = {
		.bare = { .name = "one P-256 verification and two signatures", .unit = "us" },
		.anew = { .name = "the same with a context set up for each", .unit = "us" },
	};

	read_options(argc, argv, &o);
	for (unsigned mode = 0; mode < MODES; mode++) {
		ratios[mode].unit = "ratio";
		ratios[mode].compared_with = "one P-256 verification and two signatures";
	}
	ratios[FLEET_KEPT].wanted = "at most 2.2";
	for (size_t i = 0; i < o.target_count; i++)
		prepare(&o, &o.targets[i]);
	for (size_t i = 0; i < o.rounds; i++) {
		measure_modes(&o, &o.targets[0], &floors, ratios);
		measure_fleets(&o);
	}
	for (unsigned mode = 0; mode < MODES; mode++)
		measure_print(&ratios[mode]);
	measure_print(&floors.bare);
	measure_print(&floors.anew);
	for (size_t i = 0; i < o.target_count; i++) {
		report_fleet(&o.targets[i]);
		fleet_client_free(o.targets[i].client);
		fleet_done(&o.targets[i].fleet);
	}
	return 0;
}
