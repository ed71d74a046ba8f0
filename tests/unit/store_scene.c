/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "store_scene.h"

static uint8_t generation_bytes[SHA256_SIZE] = { 1 };
const struct span store_scene_generation = { generation_bytes, SHA256_SIZE };

struct node_row sample_node(uint8_t number, const char *ak_name)
{
	return (struct node_row){
		.node = { { number } },
		.standing = STANDING_ACTIVE,
		.verdict = NODE_STALE,
		.ak_name = span_text(ak_name),
		.ak_public = span_text("ak"),
		.ek_public = span_text("ek"),
		.spki = span_text("spki"),
		.hostname = span_text("host"),
		.enrolled = 1000,
		.counters = counters_of(7, 1, 100),
	};
}

struct attestation sample_attestation(uint8_t number, uint64_t clock)
{
	return (struct attestation){
		.node = { { number } },
		.ak_name = span_text("ak-1"),
		.counters = counters_of(7, 1, clock),
		.generation = store_scene_generation,
		.verdict = NODE_TRUSTED,
		.is_decided = true,
		.now = 2000,
		.expires = 2600,
		.release_version = 5,
		.manifest = span_text("manifest 5"),
		.session = { .reset = 7,
			     .restart = 1,
			     .entries = 10,
			     .generation = store_scene_generation,
			     .log_frame = 2 },
		.ima_frame = 1,
		.ima_log = span_text("frame"),
	};
}

struct store *store_in_memory(void)
{
	struct store *s = NULL;
	struct node_row row = sample_node(1, "ak-1");

	assert_int_equal(store_open(":memory:", &s), OK);
	assert_int_equal(store_begin(s), OK);
	assert_int_equal(store_generation_set(s, store_scene_generation), OK);
	assert_int_equal(store_node_insert(s, &row), OK);
	return s;
}

enum status attest_as_read(struct store *s, struct attestation *a)
{
	AUTO_DONE(keep) keep = { 0 };
	struct node_row row;

	assert_int_equal(store_node(s, &a->node, &keep, &row), OK);
	a->previous = row.counters;
	return store_attest(s, a);
}
