/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/boot_log.h"

#include <string.h>

/* Sizes of the smallest records: TCG PFP 10.2.1 (SHA-1) and 10.2.2. */
#define SHA1_RECORD_MIN 32
#define CRYPTO_AGILE_RECORD_MIN 16
#define PCR_NONE 0xffffffffu

/* Signatures of EV_NO_ACTION payloads, closing NUL included; TCG PFP 10.4.5. */
static const uint8_t spec_id[16] = "Spec ID Event03";
static const uint8_t startup_locality[16] = "StartupLocality";

struct event_type {
	uint32_t type;
	const char *name;
};

#define EVENT_TYPE(t)                                                                              \
	{                                                                                          \
		t, #t                                                                              \
	}
static const struct event_type event_types[] = {
	EVENT_TYPE(EV_PREBOOT_CERT),
	EVENT_TYPE(EV_POST_CODE),
	EVENT_TYPE(EV_NO_ACTION),
	EVENT_TYPE(EV_SEPARATOR),
	EVENT_TYPE(EV_ACTION),
	EVENT_TYPE(EV_EVENT_TAG),
	EVENT_TYPE(EV_S_CRTM_CONTENTS),
	EVENT_TYPE(EV_S_CRTM_VERSION),
	EVENT_TYPE(EV_CPU_MICROCODE),
	EVENT_TYPE(EV_PLATFORM_CONFIG_FLAGS),
	EVENT_TYPE(EV_TABLE_OF_DEVICES),
	EVENT_TYPE(EV_COMPACT_HASH),
	EVENT_TYPE(EV_IPL),
	EVENT_TYPE(EV_IPL_PARTITION_DATA),
	EVENT_TYPE(EV_NONHOST_CODE),
	EVENT_TYPE(EV_NONHOST_CONFIG),
	EVENT_TYPE(EV_NONHOST_INFO),
	EVENT_TYPE(EV_OMIT_BOOT_DEVICE_EVENTS),
	EVENT_TYPE(EV_POST_CODE2),
	EVENT_TYPE(EV_EFI_VARIABLE_DRIVER_CONFIG),
	EVENT_TYPE(EV_EFI_VARIABLE_BOOT),
	EVENT_TYPE(EV_EFI_BOOT_SERVICES_APPLICATION),
	EVENT_TYPE(EV_EFI_BOOT_SERVICES_DRIVER),
	EVENT_TYPE(EV_EFI_RUNTIME_SERVICES_DRIVER),
	EVENT_TYPE(EV_EFI_GPT_EVENT),
	EVENT_TYPE(EV_EFI_ACTION),
	EVENT_TYPE(EV_EFI_PLATFORM_FIRMWARE_BLOB),
	EVENT_TYPE(EV_EFI_HANDOFF_TABLES),
	EVENT_TYPE(EV_EFI_PLATFORM_FIRMWARE_BLOB2),
	EVENT_TYPE(EV_EFI_HANDOFF_TABLES2),
	EVENT_TYPE(EV_EFI_VARIABLE_BOOT2),
	EVENT_TYPE(EV_EFI_GPT_EVENT2),
	EVENT_TYPE(EV_EFI_HCRTM_EVENT),
	EVENT_TYPE(EV_EFI_VARIABLE_AUTHORITY),
	EVENT_TYPE(EV_EFI_SPDM_FIRMWARE_BLOB),
	EVENT_TYPE(EV_EFI_SPDM_FIRMWARE_CONFIG),
	EVENT_TYPE(EV_EFI_SPDM_DEVICE_POLICY),
	EVENT_TYPE(EV_EFI_SPDM_DEVICE_AUTHORITY),
};

const char *boot_event_name(uint32_t type)
{
	for (size_t i = 0; i < sizeof(event_types) / sizeof(event_types[0]); i++)
		if (event_types[i].type == type)
			return event_types[i].name;
	return NULL;
}

bool boot_event_extends(const struct boot_event *event)
{
	return event->type != EV_NO_ACTION;
}

const struct digest *boot_event_digest(const struct boot_event *event, enum digest_alg alg)
{
	for (size_t i = 0; i < event->digest_count; i++)
		if (event->digest[i].alg == alg)
			return &event->digest[i];
	return NULL;
}

static bool has_signature(const struct boot_event *event, const uint8_t signature[16])
{
	return event->type == EV_NO_ACTION && event->payload.len >= 16 &&
	       memcmp(event->payload.data, signature, 16) == 0;
}

static struct span take_payload(struct reader *r)
{
	uint32_t len = reader_le32(r);

	return reader_take(r, len);
}

/* TCG_PCR_EVENT, TCG PFP 10.2.1 */
static void read_sha1_record(struct reader *r, struct boot_event *e)
{
	e->offset = r->offset;
	e->pcr = reader_le32(r);
	e->type = reader_le32(r);

	struct span digest = reader_take(r, digest_size(DIGEST_SHA1));
	if (r->status == OK && digest_from(DIGEST_SHA1, digest, &e->digest[0]) == OK)
		e->digest_count = 1;
	e->payload = take_payload(r);
}

static size_t announced_index(const struct boot_log *log, uint16_t alg)
{
	size_t i = 0;

	while (i < log->announced_count && log->announced[i].alg != alg)
		i++;
	return i;
}

/* One TPMT_HA. Twice the same algorithm, or one that the header does not
 * announce and whose size nobody knows, would let the rest be read as one likes. */
static void read_digest(struct boot_log *log, unsigned *seen, struct boot_event *e)
{
	struct reader *r = &log->reader;
	uint16_t id = reader_le16(r);
	size_t i = announced_index(log, id);

	if (r->status != OK)
		return;
	if (i == log->announced_count || (*seen & 1u << i) != 0) {
		reader_fail(r, STATUS_MALFORMED);
		return;
	}
	*seen |= 1u << i;

	struct span value = reader_take(r, log->announced[i].size);
	enum digest_alg alg = digest_alg_from_tpm(id);
	if (r->status == OK && alg != DIGEST_NONE &&
	    digest_from(alg, value, &e->digest[e->digest_count]) == OK)
		e->digest_count++;
}

/* TCG_PCR_EVENT2, TCG PFP 10.2.2 */
static void read_crypto_agile_record(struct boot_log *log, struct boot_event *e)
{
	struct reader *r = &log->reader;
	unsigned seen = 0;

	e->offset = r->offset;
	e->pcr = reader_le32(r);
	e->type = reader_le32(r);

	uint32_t count = reader_le32(r);
	if (count > log->announced_count)
		reader_fail(r, STATUS_MALFORMED);
	for (uint32_t i = 0; i < count && r->status == OK; i++)
		read_digest(log, &seen, e);
	e->payload = take_payload(r);
}

static void announce(struct boot_log *log, struct reader *r)
{
	uint16_t id = reader_le16(r);
	uint16_t size = reader_le16(r);
	enum digest_alg alg = digest_alg_from_tpm(id);

	if (r->status != OK)
		return;
	if (announced_index(log, id) < log->announced_count || size == 0 ||
	    (alg != DIGEST_NONE && digest_size(alg) != size)) {
		reader_fail(r, STATUS_MALFORMED);
		return;
	}
	log->announced[log->announced_count].alg = id;
	log->announced[log->announced_count++].size = size;
	if (alg == DIGEST_NONE)
		log->foreign_count++;
	else
		log->bank[log->bank_count++] = alg;
}

/* TCG_EfiSpecIDEvent, TCG PFP 10.4.5.1 */
static enum status read_spec_id(struct span payload, struct boot_log *log)
{
	struct reader r = reader_over(payload);

	/* Signature, platform class, version (minor, major, errata), UINTN size:
	 * nothing that changes how the records are read. */
	reader_skip(&r, sizeof(spec_id) + 4 + 4);

	uint32_t count = reader_le32(&r);
	if (count == 0)
		reader_fail(&r, STATUS_MALFORMED);
	if (count > BOOT_LOG_ALGS_MAX)
		reader_fail(&r, STATUS_TOO_LARGE);
	for (uint32_t i = 0; i < count && r.status == OK; i++)
		announce(log, &r);
	reader_skip(&r, reader_u8(&r)); /* vendorInfo */

	enum status end = reader_end(&r);
	return end == STATUS_TRUNCATED ? STATUS_MALFORMED : end;
}

static bool is_padding(struct span s)
{
	if (s.len == 0 || (s.data[0] != 0x00 && s.data[0] != 0xff))
		return false;
	/* Each byte equals the next one: all of them are the first. */
	return memcmp(s.data, s.data + 1, s.len - 1) == 0;
}

/* Zero bytes or erased ones where a record should be: neither a PCR 0 record
 * without digests and data nor one with a zero digest occurs, and no record is
 * of PCR and type 0xffffffff, so this is the defined end. */
static bool is_at_terminator(const struct boot_log *log)
{
	size_t least = log->is_crypto_agile ? CRYPTO_AGILE_RECORD_MIN : SHA1_RECORD_MIN;
	struct span head = log->reader.rest;

	if (head.len > least)
		head.len = least;
	return is_padding(head);
}

enum status boot_log_open(struct span bytes, struct boot_log *out)
{
	struct boot_log log = { .reader = reader_over(bytes) };
	struct reader r = log.reader;
	struct boot_event first = { 0 };

	read_sha1_record(&r, &first);
	if (r.status != OK)
		return r.status;
	if (is_at_terminator(&log))
		return STATUS_MALFORMED;
	if (has_signature(&first, spec_id)) {
		enum status status = read_spec_id(first.payload, &log);

		if (status != OK)
			return status;
		log.is_crypto_agile = true;
		log.reader = r;
	} else {
		log.bank[log.bank_count++] = DIGEST_SHA1;
	}
	*out = log;
	return OK;
}

/* TCG PFP 10.4.5.3. After an extend of PCR 0 it would say that the value that
 * was extended had been another one; only the H-CRTM's own event, which the TPM
 * extends before there is firmware to write a log, may stand before it. */
static void take_startup_locality(struct boot_log *log, const struct boot_event *e)
{
	uint8_t locality = e->payload.data[e->payload.len - 1];

	if (e->payload.len != sizeof(startup_locality) + 1 || e->pcr != 0 ||
	    log->has_extended_pcr0 || log->has_startup_locality ||
	    (locality != 0 && locality != 3 && locality != 4)) {
		reader_fail(&log->reader, STATUS_MALFORMED);
		return;
	}
	log->startup_locality = locality;
	log->has_startup_locality = true;
}

static void take_event(struct boot_log *log, const struct boot_event *e)
{
	/* Windows closes its logs with an EV_NO_ACTION of no PCR, and newer
	 * firmware files its SP800-155 records there too. */
	if (e->pcr >= PCR_COUNT && (boot_event_extends(e) || e->pcr != PCR_NONE))
		reader_fail(&log->reader, STATUS_MALFORMED);
	if (has_signature(e, startup_locality))
		take_startup_locality(log, e);
	if (boot_event_extends(e) && e->pcr == 0 && e->type != EV_EFI_HCRTM_EVENT)
		log->has_extended_pcr0 = true;
}

enum status boot_log_next(struct boot_log *log, struct boot_event *out)
{
	struct boot_event e = { .index = log->event_count };

	if (log->reader.status == OK && is_at_terminator(log)) {
		/* Padding goes to the very end; anything else hides something. */
		if (!is_padding(log->reader.rest))
			reader_fail(&log->reader, STATUS_MALFORMED);
		reader_skip(&log->reader, log->reader.rest.len);
	}
	if (reader_is_done(&log->reader))
		return log->reader.status != OK ? log->reader.status : STATUS_NOT_FOUND;
	if (log->is_crypto_agile)
		read_crypto_agile_record(log, &e);
	else
		read_sha1_record(&log->reader, &e);
	if (log->reader.status == OK)
		take_event(log, &e);
	if (log->reader.status != OK)
		return log->reader.status;
	log->event_count++;
	*out = e;
	return OK;
}

/* Reads to the end: is the log well formed, and what does PCR 0 start from? */
static enum status survey(struct boot_log log, struct boot_replay *replay)
{
	struct boot_event event;
	enum status status;

	while ((status = boot_log_next(&log, &event)) == OK)
		if (boot_event_extends(&event))
			replay->touched |= (pcr_mask)1 << event.pcr;
	replay->events = log.event_count;
	replay->startup_locality = log.startup_locality;
	return status == STATUS_NOT_FOUND ? OK : status;
}

static enum status replay_bank(struct boot_log log, enum digest_alg alg, struct boot_replay *replay)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct pcr_bank *bank = &replay->values.bank[digest_alg_index(alg)];
	pcr_mask *missing = &replay->missing[digest_alg_index(alg)];
	struct boot_event event;
	enum status status = hasher_init(&hasher, alg);

	bank->alg = alg;
	for (unsigned i = 0; i < PCR_COUNT; i++)
		bank->value[i] = digest_filled(alg, 0);
	bank->value[0].value[digest_size(alg) - 1] = replay->startup_locality;
	while (status == OK && (status = boot_log_next(&log, &event)) == OK) {
		const struct digest *digest = boot_event_digest(&event, alg);

		if (!boot_event_extends(&event))
			continue;
		if (digest == NULL)
			*missing |= (pcr_mask)1 << event.pcr;
		else
			status = hasher_extend(&hasher, &bank->value[event.pcr],
					       digest_span(digest));
	}
	bank->known = replay->touched & ~*missing;
	return status == STATUS_NOT_FOUND ? OK : status;
}

enum status boot_log_replay(struct span bytes, struct boot_replay *out)
{
	struct boot_replay replay = { 0 };
	struct boot_log log;
	enum status status = boot_log_open(bytes, &log);

	if (status != OK)
		return status;
	pcr_values_init(&replay.values);
	status = survey(log, &replay);
	for (size_t i = 0; i < log.bank_count && status == OK; i++)
		status = replay_bank(log, log.bank[i], &replay);
	if (status == OK)
		*out = replay;
	return status;
}
