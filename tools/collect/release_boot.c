/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "tools/collect/boot_draft.h"
#include "tools/release/release.h"
#include "tpm/boot_payload.h"
#include "tools/command.h"
#include "verifier/appraisal/secure_boot.h"

static enum status take_authority(struct boot_draft *d, const struct uefi_variable *v)
{
	if (!secure_boot_is_sbat_level(v))
		return secure_boot_is_db_authority(v) ? OK : STATUS_NOT_FOUND;
	free(d->sbat);
	d->sbat = NULL;
	return bytes_text(v->content, &d->sbat);
}

static enum status take_policy(struct boot_draft *d, const struct uefi_variable *v)
{
	switch (secure_boot_variable_of(v)) {
	case SECURE_BOOT_PK:
		return boot_draft_keys(d, v->content, d->pk);
	case SECURE_BOOT_KEK:
		return boot_draft_keys(d, v->content, d->kek);
	case SECURE_BOOT_DB:
		return boot_draft_keys(d, v->content, d->db);
	case SECURE_BOOT_DBX:
		return boot_draft_keys(d, v->content, d->dbx);
	case SECURE_BOOT_STATE:
	case SECURE_BOOT_SETUP_MODE:
	case SECURE_BOOT_AUDIT_MODE:
	case SECURE_BOOT_DEPLOYED_MODE:
		return OK;
	case SECURE_BOOT_VARIABLES:
		break;
	}
	return STATUS_NOT_FOUND;
}

static bool is_variable(const struct boot_event *event)
{
	return event->pcr == 7 && (event->type == EV_EFI_VARIABLE_AUTHORITY ||
				   event->type == EV_EFI_VARIABLE_DRIVER_CONFIG);
}

/* What was not measured anybody may have written into the file. */
static enum status open_variable(struct boot_draft *d, const struct boot_event *event,
				 struct uefi_variable *out)
{
	struct span text;

	if (boot_payload_is_measured(event, DIGEST_SHA256, &d->sha256, &text) &&
	    uefi_variable_parse(event->payload, out) == OK)
		return OK;
	(void)unusable("boot log: event %zu does not say what PCR 7 was extended with: "
		       "read the log again on the host, from the kernel",
		       event->index);
	return STATUS_MISMATCH;
}

/* The first pass over a log: is Secure Boot on? */
struct state_search {
	bool is_found;
	bool has_unshown;
	size_t unshown; /* the first event of PCR 7 that may be the state in disguise */
};

/* A type is measured nowhere, a name only where the payload is: either may have been
 * changed in the file to hide the state. */
static bool may_hide_state(struct boot_draft *d, const struct boot_event *event)
{
	struct span text;

	switch (event->type) {
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_AUTHORITY:
	case EV_EFI_ACTION:
	case EV_SEPARATOR:
		return !boot_payload_is_measured(event, DIGEST_SHA256, &d->sha256, &text);
	default:
		return true;
	}
}

static enum status take_state(struct boot_draft *d, struct state_search *search,
			      const struct boot_event *event)
{
	struct uefi_variable v;

	/* One that is not in this bank is refused with what it lacks, as any other. */
	if (event->pcr != 7 ||
	    (boot_event_extends(event) && boot_event_digest(event, DIGEST_SHA256) == NULL))
		return OK;
	if (uefi_variable_parse(event->payload, &v) != OK ||
	    secure_boot_variable_of(&v) != SECURE_BOOT_STATE) {
		if (!search->has_unshown && may_hide_state(d, event)) {
			search->has_unshown = true;
			search->unshown = event->index;
		}
		return OK;
	}
	if (search->is_found || event->type != EV_EFI_VARIABLE_DRIVER_CONFIG) {
		(void)unusable("boot log: event %zu names SecureBoot, which firmware measures "
			       "once, as configuration: read the log again on the host, from "
			       "the kernel",
			       event->index);
		return STATUS_MISMATCH;
	}
	search->is_found = true;
	enum status status = open_variable(d, event, &v);
	if (status == OK)
		d->secure_boot = v.content.len == 1 && v.content.data[0] == 1;
	return status;
}

/* What the Secure Boot rules of a manifest speak of. STATUS_NOT_FOUND: a plain event, as
 * all of them are where it is off: then nothing is read from them, and each counts by its
 * digest, whatever firmware hashed for it. */
static enum status take_variable(struct boot_draft *d, const struct boot_event *event)
{
	struct uefi_variable v;

	if (!is_variable(event) || !d->secure_boot)
		return STATUS_NOT_FOUND;
	enum status status = open_variable(d, event, &v);
	if (status != OK)
		return status;
	return event->type == EV_EFI_VARIABLE_AUTHORITY ? take_authority(d, &v)
							: take_policy(d, &v);
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
	if (status == OK)
		boot_draft_cmdline(d, span_of(&out));
}

/* Kernel command lines and initrds. False: a plain event, too. */
static bool take_kernel(struct boot_draft *d, const struct boot_event *event,
			const struct digest *digest)
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
		boot_draft_initrd(d, digest);
		/* GRUB measures each file of the command, a kernel's stub one for all. */
		return event->type != EV_IPL;
	}
	return false;
}

/* Code and keys have to be there; texts of a menu may differ in number. */
static bool has_to_appear(const struct boot_draft *d, const struct boot_event *event)
{
	/* As a draft from artifacts has it. */
	if (!d->secure_boot && event->pcr == 7)
		return event->type == EV_EFI_VARIABLE_DRIVER_CONFIG;
	return event->pcr == 0 || event->pcr == 2 || event->pcr == 9 || event->pcr == 14;
}

static enum status take_event(struct boot_draft *d, const struct boot_event *event)
{
	const struct digest *measured = boot_event_digest(event, DIGEST_SHA256);
	enum status status;

	if (!boot_event_extends(event) || event->pcr >= PCR_COUNT)
		return OK;
	if (measured == NULL || boot_event_name(event->type) == NULL) {
		(void)unusable("boot log: event %zu has no sha256 digest, or a type nobody knows",
			       event->index);
		return STATUS_UNSUPPORTED;
	}
	/* Separators are wanted in any case, with the one content they may have. */
	if (event->type == EV_SEPARATOR && event->pcr <= 7)
		return OK;
	status = take_variable(d, event);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (take_kernel(d, event, measured))
		return OK;
	if (event->type == EV_EFI_BOOT_SERVICES_APPLICATION)
		boot_draft_image(d, event->pcr, boot_event_text(event), measured);
	else if (boot_event_is_per_host(event))
		boot_draft_ignore(d, event->pcr, event->type);
	else
		boot_draft_event(d, event->pcr, event->type, boot_event_text(event), measured,
				 has_to_appear(d, event));
	return OK;
}

/* Firmware that does not say so has no Secure Boot; then each event of PCR 7 says what
 * else it is. */
static enum status read_state(struct boot_draft *d, struct span log)
{
	struct state_search search = { 0 };
	struct boot_event event;
	struct boot_log iterator;
	enum status status = boot_log_open(log, &iterator);

	while (status == OK && (status = boot_log_next(&iterator, &event)) == OK)
		status = take_state(d, &search, &event);
	if (status != STATUS_NOT_FOUND)
		return status;
	if (search.is_found || !search.has_unshown)
		return OK;
	(void)unusable("boot log: no event says whether Secure Boot is on, and event %zu does not "
		       "say what PCR 7 was extended with: read the log again on the host, from "
		       "the kernel",
		       search.unshown);
	return STATUS_MISMATCH;
}

static enum status take_events(struct boot_draft *d, struct span log)
{
	struct boot_event event;
	struct boot_log iterator;
	enum status status = boot_log_open(log, &iterator);

	while (status == OK && (status = boot_log_next(&iterator, &event)) == OK)
		status = take_event(d, &event);
	return status == STATUS_NOT_FOUND ? OK : status;
}

json_t *collect_boot(struct span log, const char *lockdown)
{
	AUTO_DONE(boot_draft) d = { 0 };
	enum status status = boot_draft_init(&d);

	if (status == OK)
		status = read_state(&d, log);
	if (status == OK)
		status = take_events(&d, log);
	if (status == OK)
		return boot_draft_json(&d, lockdown);
	(void)unusable("boot log: %s", status_text(status));
	return NULL;
}
