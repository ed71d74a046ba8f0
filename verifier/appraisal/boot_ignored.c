/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/boot_ignored.h"

#include "tpm/boot_payload.h"
#include "verifier/appraisal/command_line.h"
#include "verifier/appraisal/secure_boot.h"

#define PCR_SECURE_BOOT 7
#define PCR_GRUB_TEXT 8
#define PCR_GRUB_FILES 9
/* Configuration by definition (TCG PFP 3.3.4): no code runs from what they hold. */
#define PCRS_OF_CONFIGURATION ((pcr_mask)(1u << 1 | 1u << 3 | 1u << 5 | 1u << 6))
/* Texts and variables are no longer than that. */
#define IGNORED_PAYLOAD_MAX 4096

static bool is_text(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((s.data[i] < ' ' || s.data[i] > '~') && s.data[i] != '\n' && s.data[i] != 0)
			return false;
	return true;
}

bool boot_event_may_be_ignored(const struct boot_event *event, bool is_measured, struct span text)
{
	struct uefi_variable variable;

	if ((PCRS_OF_CONFIGURATION >> event->pcr & 1) != 0)
		return true;
	/* Files that GRUB read, an initrd of plain text among them: never noise. */
	if (event->pcr == PCR_GRUB_FILES)
		return false;
	if (!is_measured || text.len > IGNORED_PAYLOAD_MAX)
		return false;
	/* A command line is never noise, under any label. */
	if (event->pcr == PCR_GRUB_TEXT &&
	    (command_line_is_one(text) || command_line_is_handed_on(text)))
		return false;
	if (is_text(text))
		return true;
	/* Elsewhere a program could be made to read as a variable. */
	return event->pcr == PCR_SECURE_BOOT &&
	       uefi_variable_parse(event->payload, &variable) == OK &&
	       secure_boot_variable_of(&variable) == SECURE_BOOT_VARIABLES;
}
