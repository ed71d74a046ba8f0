/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_VARIABLE_DATA_H
#define POLICIES_ARTIFACTS_VARIABLE_DATA_H

#include "base/writer.h"

/* EFI_GLOBAL_VARIABLE, EFI_IMAGE_SECURITY_DATABASE_GUID, SHIM_LOCK_GUID, and EDK II's
 * EFI_SECURE_BOOT_ENABLE_DISABLE, as stored */
extern const uint8_t guid_global[16];
extern const uint8_t guid_security[16];
extern const uint8_t guid_shim[16];
extern const uint8_t guid_enable[16];

/* Little-endian, in size bytes. */
void put_little(struct writer *w, uint64_t value, unsigned size);

/* UEFI_VARIABLE_DATA up to the content, of which len bytes are to follow: what is
 * hashed when firmware or shim measures a variable (TCG PFP 10.4.2). */
void put_variable_head(struct writer *w, const uint8_t guid[16], const char *name, size_t len);

#endif
