/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "verifier/signer/core.h"

#define EPOCH "epoch"

enum status epoch_read(const struct signer *s, struct epoch *out)
{
	AUTO_DONE(keep) keep = { 0 };
	struct epoch epoch = { 0 };
	struct span value;
	enum status status = store_fact(s->store, EPOCH, &keep, &value);

	if (status == OK && value.len != EPOCH_SIZE)
		status = STATUS_IO;
	if (status == OK)
		memcpy(epoch.value, value.data, EPOCH_SIZE);
	else if (status == STATUS_NOT_FOUND)
		status = OK;
	if (status == OK)
		*out = epoch;
	return status;
}

/* Random, so that a backup that is put back comes to none that was there before. */
static enum status begin(const struct signer *s, random_source random)
{
	struct epoch epoch;
	enum status status = random(epoch.value, sizeof(epoch.value));

	return status == OK ? store_fact_set(s->store, EPOCH, epoch_span(&epoch)) : status;
}

enum status epoch_begin(struct turn *turn)
{
	return begin(turn->signer, turn->random);
}

enum status epoch_first(const struct signer *s, random_source random)
{
	AUTO_DONE(keep) keep = { 0 };
	struct span value;
	enum status status = store_fact(s->store, EPOCH, &keep, &value);

	return status == STATUS_NOT_FOUND ? begin(s, random) : status;
}
