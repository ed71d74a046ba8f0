/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISAL_SECURE_BOOT_H
#define VERIFIER_APPRAISAL_SECURE_BOOT_H

#include "policies/reference/reference.h"
#include "tpm/boot_payload.h"
#include "verifier/appraisal/reason.h"

/* Which Secure Boot variables PCR 7's events have shown so far (TCG PFP 3.3.4.8). */
enum secure_boot_variable {
	SECURE_BOOT_STATE,
	SECURE_BOOT_PK,
	SECURE_BOOT_KEK,
	SECURE_BOOT_DB,
	SECURE_BOOT_DBX,
	SECURE_BOOT_SETUP_MODE,
	SECURE_BOOT_AUDIT_MODE,
	SECURE_BOOT_DEPLOYED_MODE,
	SECURE_BOOT_VARIABLES,
};

/* The first five must be there where a release wants Secure Boot. */
#define SECURE_BOOT_REQUIRED 0x1fu

/* "SecureBoot" */
const char *secure_boot_variable_name(enum secure_boot_variable which);
/* By name and namespace; SECURE_BOOT_VARIABLES for any other variable. */
enum secure_boot_variable secure_boot_variable_of(const struct uefi_variable *variable);

/* Is its content one that the rules allow? *why is REASON_NONE if so. sha256 is
 * a hasher of that algorithm. */
enum status secure_boot_check(const struct reference *ref, const struct boot_rules *rules,
			      enum secure_boot_variable which, struct span content,
			      struct hasher *sha256, enum reason *why);

/* Can a minimum of dbx ask for this entry: an image's hash, or a certificate. */
bool secure_boot_can_forbid(const struct signature_entry *entry);

/* EV_EFI_VARIABLE_AUTHORITY: the entry of db that let an image run. */
bool secure_boot_is_db_authority(const struct uefi_variable *variable);
enum status secure_boot_authority_check(const struct reference *ref, const struct boot_rules *rules,
					struct span content, struct hasher *sha256,
					bool *is_listed);

/* shim's MokSBState, other than 0: it starts what nobody signed. It is measured into
 * PCR 7 under its name; in PCR 14 the name is no part of any digest (shim, README.tpm). */
bool secure_boot_is_unvalidated(const struct uefi_variable *variable);
/* shim's revocation level */
bool secure_boot_is_sbat_level(const struct uefi_variable *variable);
/* Every component of the minimum stands in level with that generation or a
 * later one (shim, SBAT.md); the date of the first line counts too. */
bool sbat_is_at_least(struct span level, struct span minimum);

#endif
