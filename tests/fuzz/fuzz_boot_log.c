/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/boot_payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Whatever can be read event by event can be replayed, and the other way round. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { .data = data, .len = len };
	AUTO_DONE(hasher) hasher = { 0 };
	struct boot_log log;
	struct boot_event event;
	struct boot_replay replay;
	struct span measured;
	enum status status = boot_log_open(bytes, &log);

	if (status != OK || hasher_init(&hasher, DIGEST_SHA256) != OK)
		return 0;
	while ((status = boot_log_next(&log, &event)) == OK)
		if (boot_payload_is_measured(&event, DIGEST_SHA256, &hasher, &measured) &&
		    measured.len > event.payload.len)
			abort();
	if ((boot_log_replay(bytes, &replay) == OK) != (status == STATUS_NOT_FOUND))
		abort();
	return 0;
}
