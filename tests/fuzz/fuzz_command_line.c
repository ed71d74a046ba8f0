/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that GRUB and shim measure: command lines, and SBAT levels. */
#include "fixed_reference.h"
#include "fuzz.h"
#include "verifier/appraisal/command_line.h"
#include "verifier/appraisal/secure_boot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fixed_reference *fixed = fixed_reference();
	struct span text = { data, len }, line = { 0 };
	struct release release;

	must(reference_release(&fixed->reference, 0, &release) == OK);
	if (command_line_of_grub(text, &line))
		must_lie_inside(line, text);

	struct lockdown_words words = command_line_lockdown(text);

	must(words.is_named || words.level == LOCKDOWN_NONE);
	must((unsigned)words.level <= LOCKDOWN_CONFIDENTIALITY);
	/* What the release allows names no lockdown, and ends as it does. */
	if (command_line_is_allowed(&fixed->reference, release.boot.cmdline, text))
		must(len >= 3 && memcmp(data + len - 3, " ro", 3) == 0 && !words.is_named);
	(void)command_line_is_one(text);
	(void)command_line_is_handed_on(text);
	/* The minimum is shim,4 of 2025: nothing shorter than its name reaches it. */
	if (sbat_is_at_least(text, release.boot.sbat_minimum))
		must(memmem(data, len, "shim", 4) != NULL);
	/* Any text serves as a minimum, too: it comes from a manifest. */
	(void)sbat_is_at_least(release.boot.sbat_minimum, text);
	return 0;
}
