/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_BOOT_PAYLOAD_H
#define TPM_BOOT_PAYLOAD_H

#include "tpm/boot_log.h"

/*
 * Payloads of the events that policy reads. Firmware hashes the payload for
 * some event types and something else for others: a payload may be believed
 * only where boot_payload_is_measured() says yes.
 */

/* Does the event's digest in this bank equal H(payload), or for EV_IPL of GRUB
 * H(payload without its "prefix: " and closing NUL)? On success *measured is
 * the part that was hashed. False where there is no digest in that bank. */
bool boot_payload_is_measured(const struct boot_event *event, enum digest_alg alg,
			      struct hasher *hasher, struct span *measured);

/* UEFI_VARIABLE_DATA, TCG PFP 10.4.2.  name is UTF-16LE. */
struct uefi_variable {
	uint8_t guid[16];
	struct span name;
	struct span content;
};

enum status uefi_variable_parse(struct span payload, struct uefi_variable *out);
/* The name equals this ASCII text. */
bool uefi_variable_is_named(const struct uefi_variable *variable, const char *name);

/* UEFI_IMAGE_LOAD_EVENT, TCG PFP 10.4.3 */
struct uefi_image {
	uint64_t location;
	uint64_t length;
	uint64_t link_time_address;
	struct span device_path;
};

enum status uefi_image_parse(struct span payload, struct uefi_image *out);

/* Entries of EFI_SIGNATURE_LIST (UEFI 32.4.1): an iterator over one variable's
 * content. */
struct signature_list {
	struct reader reader; /* over lists */
	struct reader entries; /* inside the current list */
	uint8_t type[16]; /* EFI_GUID of the current list */
	size_t entry_size;
};

struct signature_entry {
	uint8_t type[16];
	uint8_t owner[16];
	struct span content;
};

struct signature_list signature_list_over(struct span content);
/* STATUS_NOT_FOUND at the end. */
enum status signature_list_next(struct signature_list *list, struct signature_entry *out);
/* EFI_CERT_SHA256_GUID, EFI_CERT_X509_GUID */
bool signature_entry_is_sha256(const struct signature_entry *entry);
bool signature_entry_is_x509(const struct signature_entry *entry);

#endif
