/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_COLLECT_BOOT_DRAFT_H
#define TOOLS_COLLECT_BOOT_DRAFT_H

#include <jansson.h>

#include "base/digest.h"
#include "tpm/boot_log.h"

/* The boot section of a manifest while it is collected, in the bank that
 * releases are written in. */
struct boot_draft {
	struct hasher sha256;
	bool secure_boot;
	json_t *pk, *kek, *db, *dbx; /* digests */
	json_t *chain, *events, *ignore, *cmdline, *initrd, *pcrs;
	char *sbat; /* NULL: none */
};

enum status boot_draft_init(struct boot_draft *d);
void boot_draft_done(struct boot_draft *d);

AUTO_RELEASE(boot_draft, boot_draft_done);

/* Each is kept once. Failures of memory show in boot_draft_json(). Keys: all of
 * them, or a failure; of a list that is cut the rest might be what forbids. */
enum status boot_draft_keys(struct boot_draft *d, struct span signature_lists, json_t *list);
void boot_draft_event(struct boot_draft *d, unsigned pcr, uint32_t type, json_t *name,
		      const struct digest *digest, bool is_required);
void boot_draft_ignore(struct boot_draft *d, unsigned pcr, uint32_t type);
void boot_draft_image(struct boot_draft *d, unsigned pcr, json_t *name,
		      const struct digest *digest);
void boot_draft_initrd(struct boot_draft *d, const struct digest *digest);
void boot_draft_cmdline(struct boot_draft *d, struct span arguments);
/* A final value of the PCR, one of those that it may have. */
void boot_draft_pcr(struct boot_draft *d, unsigned pcr, const struct digest *value);

/* Configuration that differs from host to host of one platform. */
bool boot_event_is_per_host(const struct boot_event *event);
/* What the payload seems to say, for people, in at most 96 bytes. */
json_t *boot_event_text(const struct boot_event *event);

/* The manifest's "boot"; NULL without memory. lockdown NULL: what Secure Boot
 * brings. */
json_t *boot_draft_json(const struct boot_draft *d, const char *lockdown);

/* The boot section of a manifest from a reference machine's firmware log; NULL after a
 * message. lockdown NULL: what Secure Boot brings. */
json_t *collect_boot(struct span log, const char *lockdown);

#endif
