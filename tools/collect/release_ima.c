/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "tools/collect/release_ima.h"
#include "tpm/ima_log.h"
#include "tools/command.h"

void ima_collected_done(struct ima_collected *collected)
{
	file_list_done(&collected->all);
	file_list_done(&collected->early);
	json_decref(collected->templates);
	collected->templates = NULL;
}

void note_template(json_t *templates, struct span name)
{
	json_t *text = json_stringn((const char *)name.data, name.len);
	json_t *other;
	size_t i;

	json_array_foreach(templates, i, other)
	{
		if (json_equal(other, text)) {
			json_decref(text);
			return;
		}
	}
	(void)json_array_append_new(templates, text);
}

static enum status take_entry(const struct ima_entry *entry, const char *policy_path,
			      struct ima_collected *c)
{
	note_template(c->templates, entry->template_name);
	if (entry->is_violation) {
		c->violations++;
		return OK;
	}
	if (span_equal(entry->path, span_text(policy_path)))
		c->has_policy = true;
	if (span_equal(entry->path, span_text("boot_aggregate")))
		return OK;
	if (entry->file_alg != DIGEST_SHA256 || entry->file_digest.len != SHA256_SIZE ||
	    entry->has_buffer || entry->path.len == 0 || entry->path.data[0] != '/') {
		c->unlistable++;
		return OK;
	}

	enum status status = file_list_add(&c->all, entry->path, entry->file_digest.data);
	if (status == OK && !c->has_policy)
		status = file_list_add(&c->early, entry->path, entry->file_digest.data);
	return status;
}

enum status collect_ima(struct span log, const char *policy_path, struct ima_collected *out)
{
	struct ima_entry entry;
	struct ima_log iterator;
	enum status status = ima_log_open(log, DIGEST_SHA1, 0, &iterator);

	out->templates = json_array();
	while (status == OK && (status = ima_log_next(&iterator, &entry)) == OK)
		status = take_entry(&entry, policy_path, out);
	if (status != STATUS_NOT_FOUND) {
		(void)unusable("IMA log: %s", status_text(status));
		return status;
	}
	(void)file_list_settle(&out->early, NULL);
	return OK;
}
