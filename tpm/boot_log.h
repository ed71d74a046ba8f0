/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_BOOT_LOG_H
#define TPM_BOOT_LOG_H

#include "tpm/pcr.h"

/* TCG PC Client Platform Firmware Profile, 10.4.1 */
#define EV_PREBOOT_CERT 0x0u
#define EV_POST_CODE 0x1u
#define EV_NO_ACTION 0x3u
#define EV_SEPARATOR 0x4u
#define EV_ACTION 0x5u
#define EV_EVENT_TAG 0x6u
#define EV_S_CRTM_CONTENTS 0x7u
#define EV_S_CRTM_VERSION 0x8u
#define EV_CPU_MICROCODE 0x9u
#define EV_PLATFORM_CONFIG_FLAGS 0xau
#define EV_TABLE_OF_DEVICES 0xbu
#define EV_COMPACT_HASH 0xcu
#define EV_IPL 0xdu
#define EV_IPL_PARTITION_DATA 0xeu
#define EV_NONHOST_CODE 0xfu
#define EV_NONHOST_CONFIG 0x10u
#define EV_NONHOST_INFO 0x11u
#define EV_OMIT_BOOT_DEVICE_EVENTS 0x12u
#define EV_POST_CODE2 0x13u
#define EV_EFI_VARIABLE_DRIVER_CONFIG 0x80000001u
#define EV_EFI_VARIABLE_BOOT 0x80000002u
#define EV_EFI_BOOT_SERVICES_APPLICATION 0x80000003u
#define EV_EFI_BOOT_SERVICES_DRIVER 0x80000004u
#define EV_EFI_RUNTIME_SERVICES_DRIVER 0x80000005u
#define EV_EFI_GPT_EVENT 0x80000006u
#define EV_EFI_ACTION 0x80000007u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB 0x80000008u
#define EV_EFI_HANDOFF_TABLES 0x80000009u
#define EV_EFI_PLATFORM_FIRMWARE_BLOB2 0x8000000au
#define EV_EFI_HANDOFF_TABLES2 0x8000000bu
#define EV_EFI_VARIABLE_BOOT2 0x8000000cu
#define EV_EFI_GPT_EVENT2 0x8000000du
#define EV_EFI_HCRTM_EVENT 0x80000010u
#define EV_EFI_VARIABLE_AUTHORITY 0x800000e0u
#define EV_EFI_SPDM_FIRMWARE_BLOB 0x800000e1u
#define EV_EFI_SPDM_FIRMWARE_CONFIG 0x800000e2u
#define EV_EFI_SPDM_DEVICE_POLICY 0x800000e3u
#define EV_EFI_SPDM_DEVICE_AUTHORITY 0x800000e4u

/* Algorithms a Spec ID header may announce. */
#define BOOT_LOG_ALGS_MAX 16

/* "EV_IPL"; NULL for a number without a name. */
const char *boot_event_name(uint32_t type);

/* One record; spans borrow from the log. */
struct boot_event {
	size_t index; /* from 0; the Spec ID header is not counted */
	size_t offset; /* of the record, in the log */
	uint32_t pcr; /* 0xffffffff: Windows' closing record */
	uint32_t type; /* EV_..., or unknown */
	size_t digest_count; /* may be 0 */
	struct digest digest[DIGEST_ALGS]; /* of algorithms we know, each once */
	struct span payload;
};

/* An iterator. Set up by boot_log_open(); all fields are for reading only. */
struct boot_log {
	struct reader reader;
	bool is_crypto_agile;
	size_t bank_count; /* banks the header announces and we know */
	enum digest_alg bank[DIGEST_ALGS];
	size_t event_count; /* records returned so far */
	uint8_t startup_locality; /* 0, 3 or 4; TCG PFP 10.4.5.3 */
	bool has_startup_locality;
	bool has_extended_pcr0; /* by anything but the H-CRTM */
	size_t foreign_count; /* announced digests we skip by size */
	struct {
		uint16_t alg;
		uint16_t size;
	} announced[BOOT_LOG_ALGS_MAX]; /* all of them, as the header lists them */
	size_t announced_count;
};

/* Reads the header. A log that starts with anything but a Spec ID event is a
 * SHA-1 log (TCG PFP 10.2.1). No bytes at all are STATUS_TRUNCATED. */
enum status boot_log_open(struct span log, struct boot_log *out);
/*
 * STATUS_NOT_FOUND at the end: no bytes, or nothing but zero bytes, or nothing
 * but 0xff (a log area that firmware or an ACPI dump pads), to the last one. Anything else but OK is
 * final: the log is malformed there. StartupLocality is honoured, and refused
 * after the first extend of PCR 0 or a second time.
 */
enum status boot_log_next(struct boot_log *log, struct boot_event *out);
bool boot_event_extends(const struct boot_event *event);
/* NULL where the record has none in that bank. */
const struct digest *boot_event_digest(const struct boot_event *event, enum digest_alg alg);

/* What a log leads to, bank by bank. */
struct boot_replay {
	size_t events;
	struct pcr_values values; /* known: touched and not missing */
	pcr_mask missing[DIGEST_ALGS]; /* some record lacks this bank's digest */
	pcr_mask touched; /* PCRs that some record extends */
	uint8_t startup_locality;
};

enum status boot_log_replay(struct span log, struct boot_replay *out);

#endif
