/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "tpm/boot_payload.h"

static struct hasher *sha256(void)
{
	static struct hasher hasher;

	if (hasher.state == NULL)
		must(hasher_init(&hasher, DIGEST_SHA256) == OK);
	return &hasher;
}

static void check(const struct boot_event *event, struct span log)
{
	struct span measured;

	must_lie_inside(event->payload, log);
	must(event->digest_count <= DIGEST_ALGS && event->offset < log.len);
	if (boot_payload_is_measured(event, DIGEST_SHA256, sha256(), &measured)) {
		must_lie_inside(measured, event->payload);
		must(boot_event_digest(event, DIGEST_SHA256) != NULL);
	}
}

/* Whatever can be read event by event can be replayed, and the other way round. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { .data = data, .len = len };
	struct boot_log log;
	struct boot_event event;
	struct boot_replay replay;
	enum status status = boot_log_open(bytes, &log);

	if (status != OK) {
		must(boot_log_replay(bytes, &replay) != OK);
		return 0;
	}
	while ((status = boot_log_next(&log, &event)) == OK) {
		check(&event, bytes);
		must(event.index + 1 == log.event_count);
	}
	must((boot_log_replay(bytes, &replay) == OK) == (status == STATUS_NOT_FOUND));
	if (status == STATUS_NOT_FOUND)
		must(replay.events == log.event_count);
	return 0;
}
