/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/release_artifacts.h"

#include <stdlib.h>

#include "base/text.h"
#include "policies/artifacts/firmware_variables.h"
#include "policies/artifacts/variable_data.h"
#include "tools/command.h"

#define LOG_MAX ((size_t)16 << 20)

static enum status add_keys(struct boot_draft *d, const char *path, struct span store,
			    const uint8_t guid[16], const char *name, json_t *list)
{
	struct firmware_variable variable;
	enum status status = firmware_variable_named(store, guid, name, &variable);

	if (status == STATUS_NOT_FOUND)
		return OK;
	if (status != OK) {
		(void)unusable("%s: not a store of authenticated UEFI variables, or broken: %s",
			       path, status_text(status));
		return status;
	}
	status = boot_draft_keys(d, variable.content, list);
	if (status != OK)
		(void)unusable("%s: %s is no list of keys: %s", path, name, status_text(status));
	return status;
}

static bool has_byte(struct span store, const uint8_t guid[16], const char *name, uint8_t value)
{
	struct firmware_variable variable;

	return firmware_variable_named(store, guid, name, &variable) == OK &&
	       variable.content.len == 1 && variable.content.data[0] == value;
}

/* What shim keeps there and takes for granted: nobody signed it. */
static enum status refuse_enrolled(const char *path, struct span store)
{
	static const char *const names[] = { "MokList", "MokListX" };
	struct firmware_variable variable;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (firmware_variable_named(store, guid_shim, names[i], &variable) != OK)
			continue;
		(void)unusable("%s: keys were enrolled by hand (%s): remove them with mokutil "
			       "--reset, or sign with a key of db",
			       path, names[i]);
		return STATUS_UNSUPPORTED;
	}
	if (has_byte(store, guid_shim, "MokSBState", 1)) {
		(void)unusable("%s: shim's validation is switched off (MokSBState): switch it on "
			       "with mokutil --enable-validation",
			       path);
		return STATUS_UNSUPPORTED;
	}
	return OK;
}

#define VARIABLE_MAX ((size_t)1 << 20)

/* Without Secure Boot its variables are events like any other. */
static enum status add_variable(struct boot_draft *d, struct span store, const uint8_t guid[16],
				const char *name)
{
	static const uint8_t off = 0;
	AUTO_DONE(bytes) measured = { 0 };
	struct firmware_variable variable = { .content = { &off, 1 } };
	struct writer w = writer_to(&measured, VARIABLE_MAX);
	struct digest digest;
	struct span whole;
	enum status status = OK;

	if (strcmp(name, "SecureBoot") != 0) {
		variable.content.len = 0;
		status = firmware_variable_named(store, guid, name, &variable);
	}
	if (status != OK && status != STATUS_NOT_FOUND)
		return status;
	put_variable_head(&w, guid, name, variable.content.len);
	writer_put(&w, variable.content);
	status = writer_end(&w);
	whole = span_of(&measured);
	if (status == OK)
		status = hasher_digest(&d->sha256, &whole, 1, &digest);
	if (status == OK)
		boot_draft_event(d, 7, EV_EFI_VARIABLE_DRIVER_CONFIG, json_string(name), &digest,
				 true);
	return status;
}

static enum status add_variables(struct boot_draft *d, struct span store)
{
	enum status status = add_variable(d, store, guid_global, "SecureBoot");

	if (status == OK)
		status = add_variable(d, store, guid_global, "PK");
	if (status == OK)
		status = add_variable(d, store, guid_global, "KEK");
	if (status == OK)
		status = add_variable(d, store, guid_security, "db");
	return status == OK ? add_variable(d, store, guid_security, "dbx") : status;
}

enum status draft_firmware_variables(struct boot_draft *d, const char *path)
{
	AUTO_DONE(bytes) store = { 0 };
	enum status status = path_read(path, (size_t)64 << 20, &store);

	if (status != OK)
		return status;
	status = refuse_enrolled(path, span_of(&store));
	if (status != OK)
		return status;
	status = add_keys(d, path, span_of(&store), guid_global, "PK", d->pk);
	if (status == OK)
		status = add_keys(d, path, span_of(&store), guid_global, "KEK", d->kek);
	if (status == OK)
		status = add_keys(d, path, span_of(&store), guid_security, "db", d->db);
	if (status == OK)
		status = add_keys(d, path, span_of(&store), guid_security, "dbx", d->dbx);
	/* EDK II: with a PK, and not switched off by the person at the machine. */
	d->secure_boot = json_array_size(d->pk) > 0 &&
			 !has_byte(span_of(&store), guid_enable, "SecureBootEnable", 0);
	if (status == OK && !d->secure_boot)
		status = add_variables(d, span_of(&store));
	return status;
}

/* PCRs that the firmware fills before it looks at a disk. */
static bool is_platform(const struct boot_event *event)
{
	return event->pcr <= 3 || event->pcr == 6;
}

static enum status take_platform_event(struct boot_draft *d, const struct boot_event *event,
				       size_t *pinned)
{
	const struct digest *measured = boot_event_digest(event, DIGEST_SHA256);

	if (!boot_event_extends(event) || event->type == EV_SEPARATOR)
		return OK;
	if (boot_event_is_per_host(event)) {
		boot_draft_ignore(d, event->pcr, event->type);
		return OK;
	}
	if (!is_platform(event))
		return OK;
	if (measured == NULL || boot_event_name(event->type) == NULL) {
		(void)unusable("platform log: event %zu has no sha256 digest, or a type nobody "
			       "knows",
			       event->index);
		return STATUS_UNSUPPORTED;
	}
	boot_draft_event(d, event->pcr, event->type, boot_event_text(event), measured,
			 event->pcr == 0 || event->pcr == 2);
	(*pinned)++;
	return OK;
}

enum status draft_platform(struct boot_draft *d, const char *path)
{
	AUTO_DONE(bytes) log = { 0 };
	struct boot_event event;
	struct boot_log iterator;
	size_t pinned = 0;
	enum status status = path_read(path, LOG_MAX, &log);

	if (status != OK)
		return status;
	status = boot_log_open(span_of(&log), &iterator);
	while (status == OK && (status = boot_log_next(&iterator, &event)) == OK)
		status = take_platform_event(d, &event, &pinned);
	if (status != STATUS_NOT_FOUND) {
		(void)unusable("%s: %s", path, status_text(status));
		return status;
	}
	printf("platform reference values: %zu events of PCR 0-3 and 6, pinned from %s\n", pinned,
	       path);
	return OK;
}

/* Texts that the firmware specification fixes (TCG PFP 3.3.4.5 and 3.3.4.6): no
 * code is in them, and firmware may leave them out. */
static enum status draft_spec_texts(struct boot_draft *d)
{
	static const struct {
		unsigned pcr;
		const char *text;
	} texts[] = {
		{ 4, "Calling EFI Application from Boot Option" },
		{ 4, "Returning from EFI Application from Boot Option" },
		{ 5, "Exit Boot Services Invocation" },
		{ 5, "Exit Boot Services Returned with Success" },
		{ 5, "Exit Boot Services Returned with Failure" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct span text = span_text(texts[i].text);
		struct digest digest;
		enum status status = hasher_digest(&d->sha256, &text, 1, &digest);

		if (status != OK)
			return status;
		boot_draft_event(d, texts[i].pcr, EV_EFI_ACTION, json_string(texts[i].text),
				 &digest, false);
	}
	boot_draft_ignore(d, 5, EV_EFI_GPT_EVENT);
	return OK;
}

json_t *collect_boot_artifacts(const struct boot_artifacts *artifacts, const char *lockdown)
{
	AUTO_DONE(boot_draft) d = { 0 };
	enum status status = boot_draft_init(&d);

	if (status == OK)
		status = draft_firmware_variables(&d, artifacts->firmware_variables);
	if (status == OK)
		status = draft_platform(&d, artifacts->platform_log);
	if (status == OK)
		status = draft_spec_texts(&d);
	if (status == OK)
		status = draft_boot_chain(&d, artifacts);
	return status == OK ? boot_draft_json(&d, lockdown) : NULL;
}
