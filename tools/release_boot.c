/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policies/manifest.h"
#include "tools/boot_text.h"
#include "tools/release.h"
#include "tpm/boot_payload.h"

/* Boot rules that cover every event of a reference machine's log, in the bank
 * that releases are written in. */
struct boot_draft {
	struct hasher sha256;
	bool secure_boot;
	json_t *pk, *kek, *db, *dbx; /* digests */
	json_t *chain, *events, *ignore, *cmdline, *initrd;
	char *sbat;
};

static void draft_done(struct boot_draft *d)
{
	json_t *lists[] = { d->pk,     d->kek,	  d->db,      d->dbx,	d->chain,
			    d->events, d->ignore, d->cmdline, d->initrd };

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

static void add_keys(struct boot_draft *d, struct span content, json_t *list)
{
	struct signature_list keys = signature_list_over(content);
	struct signature_entry entry;
	struct digest digest;

	while (signature_list_next(&keys, &entry) == OK) {
		enum status status =
			signature_entry_is_sha256(&entry)
				? digest_from(DIGEST_SHA256, entry.content, &digest)
				: hasher_digest(&d->sha256, &entry.content, 1, &digest);

		if (status == OK)
			add_once(list, digest_json(&digest));
	}
}

/* What the Secure Boot rules of a manifest speak of. False: a plain event. */
static bool take_variable(struct boot_draft *d, const struct boot_event *event)
{
	static const char *const others[] = { "SetupMode", "AuditMode", "DeployedMode" };
	struct uefi_variable v;

	if (event->pcr != 7 || uefi_variable_parse(event->payload, &v) != OK)
		return false;
	if (event->type == EV_EFI_VARIABLE_AUTHORITY && uefi_variable_is_named(&v, "SbatLevel")) {
		free(d->sbat);
		d->sbat = NULL;
		return bytes_text(v.content, &d->sbat) == OK;
	}
	if (event->type == EV_EFI_VARIABLE_AUTHORITY)
		return uefi_variable_is_named(&v, "db");
	if (event->type != EV_EFI_VARIABLE_DRIVER_CONFIG)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (uefi_variable_is_named(&v, others[i]))
			return true;
	if (uefi_variable_is_named(&v, "SecureBoot"))
		d->secure_boot = v.content.len == 1 && v.content.data[0] == 1;
	else if (uefi_variable_is_named(&v, "PK"))
		add_keys(d, v.content, d->pk);
	else if (uefi_variable_is_named(&v, "KEK"))
		add_keys(d, v.content, d->kek);
	else if (uefi_variable_is_named(&v, "db"))
		add_keys(d, v.content, d->db);
	else if (uefi_variable_is_named(&v, "dbx"))
		add_keys(d, v.content, d->dbx);
	else
		return false;
	return true;
}

/* What the payload seems to say, for people, in at most max bytes. */
static json_t *name_of(const struct boot_event *event)
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
				: json_stringn(text, len < 96 ? len : 96);
	free(text);
	return name;
}

static void add_image(struct boot_draft *d, const struct boot_event *event, json_t *digest)
{
	json_t *last = json_array_get(d->chain, json_array_size(d->chain) - 1);
	json_t *rule = json_pack("{s:i, s:o, s:[o]}", "pcr", (int)event->pcr, "name",
				 name_of(event), "authenticode", digest);

	/* GRUB has shim verify the kernel and then loads it: twice in a row. */
	if (json_array_size(d->chain) > 0 && json_equal(json_object_get(last, "authenticode"),
							json_object_get(rule, "authenticode"))) {
		json_decref(rule);
		return;
	}
	(void)json_array_append_new(d->chain, rule);
}

/* Configuration that differs from host to host of one platform. */
static bool is_per_host(const struct boot_event *event)
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

static bool is_uuid_at(const char *text)
{
	for (size_t i = 0; i < 36; i++) {
		bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (is_dash ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
			return false;
		if (text[i] == '\0')
			return false;
	}
	return true;
}

/* The arguments without the kernel's path, each UUID as the wildcard. */
static void add_cmdline(struct boot_draft *d, struct span line)
{
	AUTO_DONE(bytes) out = { 0 };
	AUTO(char) text = NULL;
	enum status status = bytes_text(line, &text);
	const char *at = status == OK ? strchr(text, ' ') : NULL;

	for (at = at == NULL ? "" : at + 1; *at != '\0' && status == OK;) {
		if (is_uuid_at(at)) {
			status = bytes_append(&out, span_text("{uuid}"));
			at += 36;
		} else {
			status = bytes_append_byte(&out, (uint8_t)*at++);
		}
	}
	if (status == OK && out.len > 0)
		add_once(d->cmdline, json_stringn((const char *)out.data, out.len));
}

/* Kernel command lines and initrds. False: a plain event. */
static bool take_kernel(struct boot_draft *d, const struct boot_event *event, json_t *digest)
{
	struct span text;
	bool is_measured = boot_payload_is_measured(event, DIGEST_SHA256, &d->sha256, &text);

	if (event->pcr == 8 && is_measured && text.len > 0 &&
	    memchr("/(", text.data[0], 2) != NULL) {
		add_cmdline(d, text);
		return true;
	}
	/* GRUB's own word for it, which the allowed command lines cover as well. */
	if (event->pcr == 8 && is_measured &&
	    (span_starts_with(text, "linux /") || span_starts_with(text, "linuxefi /")))
		return true;
	if (event->pcr == 9 &&
	    memmem(event->payload.data, event->payload.len, "initrd", 6) != NULL) {
		add_once(d->initrd, json_incref(digest));
		return true;
	}
	return false;
}

/* Code and keys have to be there; texts of a menu may differ in number. */
static bool has_to_appear(const struct boot_event *event)
{
	return event->pcr == 0 || event->pcr == 2 || event->pcr == 9 || event->pcr == 14;
}

static void add_event(struct boot_draft *d, const struct boot_event *event, json_t *digest)
{
	const char *type = boot_event_name(event->type);

	if (is_per_host(event)) {
		add_once(d->ignore, json_pack("{s:i, s:s}", "pcr", (int)event->pcr, "type", type));
		return;
	}
	add_once(d->events,
		 json_pack("{s:i, s:s, s:o, s:[O], s:s, s:b}", "pcr", (int)event->pcr, "type", type,
			   "name", name_of(event), "digests", digest, "layer",
			   layer_name(manifest_default_layer((uint8_t)event->pcr)), "required",
			   has_to_appear(event)));
}

static enum status take_event(struct boot_draft *d, const struct boot_event *event)
{
	const struct digest *measured = boot_event_digest(event, DIGEST_SHA256);

	if (!boot_event_extends(event) || event->pcr >= PCR_COUNT)
		return OK;
	if (measured == NULL || boot_event_name(event->type) == NULL) {
		(void)unusable("boot log: event %zu has no sha256 digest, or a type nobody knows",
			       event->index);
		return STATUS_UNSUPPORTED;
	}

	AUTO(json_t) digest = digest_json(measured);
	/* Separators are wanted in any case, with the one content they may have. */
	if ((event->type == EV_SEPARATOR && event->pcr <= 7) || take_variable(d, event) ||
	    take_kernel(d, event, digest))
		return OK;
	if (event->type == EV_EFI_BOOT_SERVICES_APPLICATION)
		add_image(d, event, json_incref(digest));
	else
		add_event(d, event, digest);
	return OK;
}

json_t *collect_boot(struct span log, const char *lockdown)
{
	struct boot_draft d = { .pk = json_array(),
				.kek = json_array(),
				.db = json_array(),
				.dbx = json_array(),
				.chain = json_array(),
				.events = json_array(),
				.ignore = json_array(),
				.cmdline = json_array(),
				.initrd = json_array() };
	struct boot_event event;
	struct boot_log iterator;
	json_t *boot = NULL;
	enum status status = hasher_init(&d.sha256, DIGEST_SHA256);

	if (status == OK)
		status = boot_log_open(log, &iterator);
	while (status == OK && (status = boot_log_next(&iterator, &event)) == OK)
		status = take_event(&d, &event);
	if (status == STATUS_NOT_FOUND)
		boot = json_pack("{s:b, s:s, s:O, s:O, s:O, s:O, s:s, s:O, s:O, s:O, s:O, s:O}",
				 "secureBoot", d.secure_boot, "lockdown",
				 lockdown != NULL ? lockdown
				 : d.secure_boot  ? "integrity"
						  : "none",
				 "pk", d.pk, "kek", d.kek, "db", d.db, "dbxMinimum", d.dbx,
				 "sbatMinimum", d.sbat != NULL ? d.sbat : "", "chain", d.chain,
				 "events", d.events, "ignore", d.ignore, "cmdline", d.cmdline,
				 "initrd", d.initrd);
	else
		(void)unusable("boot log: %s", status_text(status));
	draft_done(&d);
	return boot;
}
