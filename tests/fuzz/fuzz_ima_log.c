/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "tpm/ima_log.h"

static struct hasher *sha256(void)
{
	static struct hasher hasher;

	if (hasher.state == NULL)
		must(hasher_init(&hasher, DIGEST_SHA256) == OK);
	return &hasher;
}

static void check(const struct ima_entry *entry, struct span log)
{
	must(entry->pcr < PCR_COUNT && entry->size > 0);
	must(entry->offset <= log.len && entry->size <= log.len - entry->offset);
	must_lie_inside(entry->template_name, log);
	must_lie_inside(entry->template_data, log);
	must_lie_inside(entry->path, log);
	must_lie_inside(entry->file_digest, log);
	must_lie_inside(entry->buffer, log);
	must(entry->path.len <= IMA_PATH_MAX && entry->template_data.len <= IMA_ENTRY_MAX);
	must(entry->file_alg == DIGEST_NONE ||
	     entry->file_digest.len == digest_size(entry->file_alg));
}

/* Replays all entries; false where the list is not well formed. */
static bool replay(struct span bytes, struct pcr_values *values)
{
	struct pcr_bank *bank = pcr_values_bank(values, DIGEST_SHA256);
	struct ima_log log;
	struct ima_entry entry;
	size_t end = 0;
	enum status status = ima_log_open(bytes, DIGEST_SHA1, 0, &log);

	must(status == OK);
	for (unsigned i = 0; i < PCR_COUNT; i++)
		bank->value[i] = digest_filled(DIGEST_SHA256, 0);
	bank->known = PCR_MASK_ALL;
	while ((status = ima_log_next(&log, &entry)) == OK) {
		check(&entry, bytes);
		/* No byte lies between two entries. */
		must(entry.offset == end);
		end = entry.offset + entry.size;
		must(ima_extend(&bank->value[entry.pcr], &entry, IMA_BANK_PROPER, sha256(), NULL) ==
		     OK);
	}
	return status == STATUS_NOT_FOUND;
}

/* What replays to some values has a prefix that reaches them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { .data = data, .len = len };
	struct pcr_values values;
	struct ima_progress progress;
	size_t prefix = 0;
	bool is_reached = false;

	pcr_values_init(&values);
	if (!replay(bytes, &values))
		return 0;
	ima_progress_init(&progress, DIGEST_SHA256);
	must(ima_replay(bytes, DIGEST_SHA1, IMA_BANK_PROPER, &values, NULL, &progress, &prefix,
			&is_reached) == OK &&
	     is_reached && prefix == len);
	return 0;
}
