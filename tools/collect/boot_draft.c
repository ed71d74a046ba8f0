/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/boot_draft.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "policies/documents/manifest.h"
#include "tools/evidence/boot_text.h"
#include "tpm/boot_payload.h"
#include "verifier/appraisal/secure_boot.h"

#define NAME_MAX_LEN 96

enum status boot_draft_init(struct boot_draft *d)
{
	*d = (struct boot_draft){ .pk = json_array(),
				  .kek = json_array(),
				  .db = json_array(),
				  .dbx = json_array(),
				  .chain = json_array(),
				  .events = json_array(),
				  .ignore = json_array(),
				  .cmdline = json_array(),
				  .initrd = json_array(),
				  .pcrs = json_object() };
	return hasher_init(&d->sha256, DIGEST_SHA256);
}

void boot_draft_done(struct boot_draft *d)
{
	json_t *lists[] = { d->pk,     d->kek,	  d->db,      d->dbx,	 d->chain,
			    d->events, d->ignore, d->cmdline, d->initrd, d->pcrs };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_decref(lists[i]);
	free(d->sbat);
	hasher_done(&d->sha256);
}

static json_t *digest_json(const struct digest *digest)
{
	AUTO_DONE(bytes) text = { 0 };

	if (digest_text_append(&text, digest) != OK)
		return NULL;
	return json_stringn((const char *)text.data, text.len);
}

/* Appends what is not there yet. */
static void add_once(json_t *list, json_t *value)
{
	json_t *other;
	size_t i;

	json_array_foreach(list, i, other)
	{
		if (json_equal(other, value)) {
			json_decref(value);
			return;
		}
	}
	(void)json_array_append_new(list, value);
}

enum status boot_draft_keys(struct boot_draft *d, struct span signature_lists, json_t *list)
{
	struct signature_list keys = signature_list_over(signature_lists);
	struct signature_entry entry;
	struct digest digest;
	enum status status = OK;

	while (status == OK && (status = signature_list_next(&keys, &entry)) == OK) {
		/* What a minimum cannot ask for, no machine would meet. */
		if (list == d->dbx && !secure_boot_can_forbid(&entry))
			continue;
		status = signature_entry_is_sha256(&entry)
				 ? digest_from(DIGEST_SHA256, entry.content, &digest)
				 : hasher_digest(&d->sha256, &entry.content, 1, &digest);
		if (status == OK)
			add_once(list, digest_json(&digest));
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

void boot_draft_event(struct boot_draft *d, unsigned pcr, uint32_t type, json_t *name,
		      const struct digest *digest, bool is_required)
{
	add_once(d->events,
		 json_pack("{s:i, s:s, s:o, s:[o], s:s, s:b}", "pcr", (int)pcr, "type",
			   boot_event_name(type), "name", name, "digests", digest_json(digest),
			   "layer", layer_name(manifest_default_layer((uint8_t)pcr)), "required",
			   is_required));
}

void boot_draft_ignore(struct boot_draft *d, unsigned pcr, uint32_t type)
{
	add_once(d->ignore,
		 json_pack("{s:i, s:s}", "pcr", (int)pcr, "type", boot_event_name(type)));
}

void boot_draft_image(struct boot_draft *d, unsigned pcr, json_t *name, const struct digest *digest)
{
	json_t *last = json_array_get(d->chain, json_array_size(d->chain) - 1);
	json_t *rule = json_pack("{s:i, s:o, s:[o]}", "pcr", (int)pcr, "name", name, "authenticode",
				 digest_json(digest));

	/* GRUB has shim verify the kernel and then loads it: twice in a row. */
	if (json_array_size(d->chain) > 0 && json_equal(json_object_get(last, "authenticode"),
							json_object_get(rule, "authenticode"))) {
		json_decref(rule);
		return;
	}
	(void)json_array_append_new(d->chain, rule);
}

void boot_draft_initrd(struct boot_draft *d, const struct digest *digest)
{
	add_once(d->initrd, digest_json(digest));
}

void boot_draft_cmdline(struct boot_draft *d, struct span arguments)
{
	if (arguments.len > 0)
		add_once(d->cmdline, json_stringn((const char *)arguments.data, arguments.len));
}

void boot_draft_pcr(struct boot_draft *d, unsigned pcr, const struct digest *value)
{
	char name[16];
	json_t *list;

	(void)snprintf(name, sizeof(name), "%u", pcr);
	list = json_object_get(d->pcrs, name);
	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(d->pcrs, name, list);
	}
	add_once(list, digest_json(value));
}

bool boot_event_is_per_host(const struct boot_event *event)
{
	switch (event->type) {
	case EV_EFI_VARIABLE_BOOT:
	case EV_EFI_VARIABLE_BOOT2:
	case EV_EFI_HANDOFF_TABLES:
	case EV_EFI_HANDOFF_TABLES2:
	case EV_PLATFORM_CONFIG_FLAGS:
	case EV_TABLE_OF_DEVICES:
		return event->pcr == 1;
	case EV_EFI_GPT_EVENT:
	case EV_EFI_GPT_EVENT2:
		return event->pcr == 5;
	default:
		return false;
	}
}

json_t *boot_event_text(const struct boot_event *event)
{
	char *text = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	if (to == NULL)
		return NULL;
	print_boot_payload(to, event);
	if (fclose(to) != 0)
		len = 0;

	json_t *name = len == 0 ? json_string(boot_event_name(event->type))
				: json_stringn(text, len < NAME_MAX_LEN ? len : NAME_MAX_LEN);
	free(text);
	return name;
}

json_t *boot_draft_json(const struct boot_draft *d, const char *lockdown)
{
	json_t *boot = json_pack("{s:b, s:s, s:O, s:O, s:O, s:O, s:s, s:O, s:O, s:O, s:O, s:O}",
				 "secureBoot", d->secure_boot, "lockdown",
				 lockdown != NULL ? lockdown
				 : d->secure_boot ? "integrity"
						  : "none",
				 "pk", d->pk, "kek", d->kek, "db", d->db, "dbxMinimum", d->dbx,
				 "sbatMinimum", d->sbat != NULL ? d->sbat : "", "chain", d->chain,
				 "events", d->events, "ignore", d->ignore, "cmdline", d->cmdline,
				 "initrd", d->initrd);

	if (json_object_size(d->pcrs) > 0)
		(void)json_object_set(boot, "pcrs", d->pcrs);
	return boot;
}
