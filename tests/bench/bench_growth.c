/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cost follows what is new: an attestation with ten new entries after IMA logs of
 * 1,000 to 1,000,000, against the same after 1,000. The verifier's side is all that
 * appraiser and signer do with evidence once it is parsed, on a durable store; the
 * host's side is reading those entries. Hosts take turns within a round.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "attestd/broker/logs.h"
#include "log_maker.h"
#include "measure.h"
#include "signer_scene.h"
#include "verifier/appraisal/appraise.h"
#include "verifier/appraiser/log_frame.h"

#define HOSTS 4
#define ROUNDS 31
#define ATTESTATIONS 10 /* in a sample */
#define NEW_ENTRIES 10
#define PART_MAX ((size_t)256 << 10) /* attestd's */
#define CHUNK_ENTRIES 20000
#define CAT "/usr/bin/cat"

static const unsigned lengths[HOSTS] = { 1000, 10000, 100000, 1000000 };

struct host {
	struct signer_scene s;
	struct digest known; /* of CAT */
	uint64_t entries;
	char log_path[128], store_path[128];
	FILE *log;
	struct log_files files;
	double verifier, reading; /* seconds in this sample */
};

static struct digest digest_of_cat(const struct golden *golden)
{
	struct digest digest = { 0 };
	struct ima_log log;
	struct ima_entry entry;

	assert_int_equal(ima_log_open(span_of(&golden->ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		if (span_equal(entry.path, span_text(CAT)))
			assert_int_equal(digest_from(DIGEST_SHA256, entry.file_digest, &digest),
					 OK);
	assert_int_equal(digest.alg, DIGEST_SHA256);
	return digest;
}

/* The log is in the file; what is new of it in golden.ima_log. */
static void write_new(struct host *h)
{
	const struct bytes *added = &h->s.golden.ima_log;

	assert_int_equal(fwrite(added->data, 1, added->len, h->log), added->len);
	assert_int_equal(fflush(h->log), 0);
}

static void use_store_on_disk(struct host *h)
{
	struct signer *signer = &h->s.signer;

	store_free(signer->store);
	signer->store = NULL;
	assert_int_equal(store_open(h->store_path, &signer->store), OK);
	assert_int_equal(store_begin(signer->store), OK);
	assert_int_equal(store_generation_set(signer->store, signer_generation(signer)), OK);
	assert_int_equal(store_commit(signer->store), OK);
}

static enum status pack(struct span log, struct bytes *out)
{
	return log.len == 0 ? OK : log_frame_pack(log, out);
}

/* What the appraiser says to the signer after its appraisal. */
static void commit(struct signer_scene *s, const struct appraisal *a, struct span boot_log)
{
	AUTO_DONE(bytes) ima_frame = { 0 };
	AUTO_DONE(bytes) boot_frame = { 0 };
	struct digest manifest = a->manifest;
	uint64_t first = s->answer.authenticate.entries;

	assert_int_equal(pack((struct span){ s->golden.ima_log.data, a->prefix_bytes }, &ima_frame),
			 OK);
	assert_int_equal(pack(boot_log, &boot_frame), OK);
	s->request.commit = (struct commit_request){
		.node = s->node,
		.generation = s->answer.authenticate.generation,
		.claims = a->claims,
		.is_retry = a->is_retryable,
		.is_unproven = a->is_unproven,
		.findings = a->findings,
		.manifest = digest_span(&manifest),
		.release_version = a->version,
		.entries = a->entries,
		.state = span_of(&a->state),
		.first_entry = first,
		.ima_log = span_of(&ima_frame),
		.boot_log = span_of(&boot_frame),
	};
	scene_expect(s, FRAME_COMMIT, REFUSAL_NONE);
}

/* From authentication to grant; what the node does for it is not counted. */
static void attest(struct host *h)
{
	struct signer_scene *s = &h->s;
	AUTO_DONE(appraisal) appraisal = { 0 };
	struct node_class node_class;

	scene_challenge(s);
	scene_prepare_evidence(s);

	double start = measure_cpu();

	scene_expect(s, FRAME_AUTHENTICATE, REFUSAL_NONE);
	assert_false(s->answer.authenticate.is_final);
	assert_int_equal(reference_class_named(&s->golden.reference,
					       s->answer.authenticate.class_name, &node_class),
			 OK);

	struct appraisal_input input = {
		.reference = &s->golden.reference,
		.node_class = &node_class,
		.values = &s->golden.values,
		.boot_log = s->challenge.want_boot_log ? span_of(&s->golden.boot_log)
						       : (struct span){ 0 },
		.ima_log = span_of(&s->golden.ima_log),
		.ima_first = s->challenge.next_entry,
		.state = s->answer.authenticate.state,
		.now = s->now,
		.ratchet = s->answer.authenticate.release_version,
	};

	assert_int_equal(appraise(&input, &appraisal), OK);
	commit(s, &appraisal, input.boot_log);
	h->verifier += measure_cpu() - start;
	assert_true(s->answer.commit.certificate.len > 0);
	assert_int_equal(appraisal.entries, h->entries);
	keep_done(&s->keep);
}

static void read_new(struct host *h, uint64_t first)
{
	AUTO_DONE(bytes) part = { 0 };
	uint64_t goes_on_at = 0;
	double start = measure_cpu();

	assert_int_equal(logs_read_ima(&h->files, PART_MAX, &first, &part, &goes_on_at), OK);
	h->reading += measure_cpu() - start;
	assert_true(span_equal(span_of(&part), span_of(&h->s.golden.ima_log)));
}

/* So many new entries, on their way from file to grant. */
static void grow(struct host *h, unsigned count, bool is_read)
{
	uint64_t first = h->entries;

	h->s.golden.ima_log.len = 0;
	for (unsigned i = 0; i < count; i++)
		ima_log_add(&h->s.golden, "ima-sigv2", CAT, &h->known);
	h->entries += count;
	write_new(h);
	if (is_read)
		read_new(h, first);
	attest(h);
}

static void host_init(struct host *h, unsigned length)
{
	struct ima_log log;
	struct ima_entry entry;

	signer_scene_init(&h->s);
	(void)snprintf(h->store_path, sizeof(h->store_path), "%s/store.db", h->s.files.directory);
	(void)snprintf(h->log_path, sizeof(h->log_path), "%s/ima", h->s.files.directory);
	h->log = fopen(h->log_path, "wb");
	assert_non_null(h->log);
	use_store_on_disk(h);
	scene_load_release(&h->s);
	scene_join_approved(&h->s);
	h->known = digest_of_cat(&h->s.golden);
	/* The boot's own entries, then chunks up to the length. */
	assert_int_equal(ima_log_open(span_of(&h->s.golden.ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK)
		h->entries++;
	write_new(h);
	attest(h);
	while (h->entries < length) {
		uint64_t left = length - h->entries;

		grow(h, left < CHUNK_ENTRIES ? (unsigned)left : CHUNK_ENTRIES, false);
	}
	logs_open("none", h->log_path, "none", &h->files);
	/* A broker that has been there all the time stands at the end of it. */
	h->s.golden.ima_log.len = 0;
	read_new(h, h->entries);
}

static void host_done(struct host *h)
{
	static const char *const endings[] = { "", "-wal", "-shm" };
	char name[160];

	logs_done(&h->files);
	(void)fclose(h->log);
	(void)unlink(h->log_path);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(name, sizeof(name), "%s%s", h->store_path, endings[i]);
		(void)unlink(name);
	}
	signer_scene_done(&h->s);
}

static void sample(struct host *hosts)
{
	for (size_t i = 0; i < HOSTS; i++)
		hosts[i].verifier = hosts[i].reading = 0;
	for (unsigned n = 0; n < ATTESTATIONS; n++)
		for (size_t i = 0; i < HOSTS; i++)
			grow(&hosts[i], NEW_ENTRIES, true);
}

static void print_growth(const char *what, unsigned length, struct measure *m)
{
	char name[160];

	(void)snprintf(name, sizeof(name), "growth: %s, ten new entries after %u", what, length);
	m->name = name;
	measure_print(m);
	m->name = NULL;
}

static void measure_all(struct host *hosts)
{
	static struct measure verifier[HOSTS], reading[HOSTS];

	for (unsigned round = 0; round <= ROUNDS; round++) {
		sample(hosts);
		/* The first one warms up. */
		for (size_t i = 0; i < HOSTS && round > 0; i++) {
			double unit = i == 0 ? ATTESTATIONS / 1e6 : 0;

			measure_add(&verifier[i],
				    hosts[i].verifier / (i == 0 ? unit : hosts[0].verifier));
			measure_add(&reading[i],
				    hosts[i].reading / (i == 0 ? unit : hosts[0].reading));
		}
	}
	for (size_t i = 0; i < HOSTS; i++) {
		verifier[i].unit = reading[i].unit = i == 0 ? "us" : "ratio";
		if (i > 0) {
			verifier[i].compared_with = "the same after 1000";
			reading[i].compared_with = "the same after 1000";
			verifier[i].wanted = reading[i].wanted = "at most 1.3";
		}
		print_growth("verifier CPU for an attestation", lengths[i], &verifier[i]);
		print_growth("attestd CPU for reading the IMA log", lengths[i], &reading[i]);
	}
}

int main(void)
{
	static struct host hosts[HOSTS];

	for (size_t i = 0; i < HOSTS; i++)
		host_init(&hosts[i], lengths[i]);
	measure_all(hosts);
	for (size_t i = 0; i < HOSTS; i++)
		host_done(&hosts[i]);
	return 0;
}
