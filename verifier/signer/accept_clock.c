/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/signer.h"

#include <time.h>
#include <unistd.h>

#include <openssl/rand.h>

#include "daemon/log.h"
#include "verifier/signer/clock.h"

static enum status system_random(uint8_t *buffer, size_t len)
{
	return RAND_bytes(buffer, (int)len) == 1 ? OK : STATUS_UNAVAILABLE;
}

static enum status accept_in_group(struct signer *s, const char *reason)
{
	AUTO_DONE(keep) keep = { 0 };
	struct turn turn = {
		.signer = s, .keep = &keep, .random = system_random, .now = (int64_t)time(NULL)
	};
	enum status status = store_begin(s->store);

	if (status == OK)
		status = clock_accept(&turn, span_text(reason));
	if (status == OK)
		return store_commit(s->store);
	store_rollback(s->store);
	return status;
}

int signer_accept_clock(const char *store, const char *reason)
{
	struct signer s = { 0 };
	/* Opened, one that is not there would be made: another user's, and empty. */
	enum status status =
		access(store, F_OK) == 0 ? store_open(store, &s.store) : STATUS_NOT_FOUND;

	if (status == OK)
		status = accept_in_group(&s, reason);
	store_free(s.store);
	if (status == OK)
		log_line(LOG_LEVEL_NOTICE, "%s: the clock of now is accepted, and on record",
			 store);
	else if (status == STATUS_MISMATCH)
		log_line(LOG_LEVEL_NOTICE, "%s: nothing in it lies ahead of this clock", store);
	else
		log_line(LOG_LEVEL_ERROR, "%s: %s", store, status_text(status));
	return status == OK || status == STATUS_MISMATCH ? 0 : 1;
}
