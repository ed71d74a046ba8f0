/* SPDX-License-Identifier: Apache-2.0 */
/* UEFI_VARIABLE_DATA, and what policy reads in the variables of Secure Boot. */
#include "fixed_reference.h"
#include "fuzz.h"
#include "verifier/appraisal/secure_boot.h"

static const struct boot_rules *rules(const struct fixed_reference *fixed)
{
	static struct release release;

	if (release.platform.len == 0)
		must(reference_release(&fixed->reference, 0, &release) == OK);
	return &release.boot;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct hasher sha256;
	const struct fixed_reference *fixed = fixed_reference();
	struct span payload = { data, len };
	struct uefi_variable v;
	enum reason why = REASON_NONE;
	bool is_listed = false;

	if (sha256.state == NULL)
		must(hasher_init(&sha256, DIGEST_SHA256) == OK);
	taint(&v, sizeof(v));
	if (uefi_variable_parse(payload, &v) != OK) {
		must_be_tainted(&v, sizeof(v));
		return 0;
	}
	must(32 + v.name.len + v.content.len == len);
	must_lie_inside(v.name, payload);
	must_lie_inside(v.content, payload);

	enum secure_boot_variable which = secure_boot_variable_of(&v);

	if (which != SECURE_BOOT_VARIABLES) {
		must(uefi_variable_is_named(&v, secure_boot_variable_name(which)));
		must(secure_boot_check(&fixed->reference, rules(fixed), which, v.content, &sha256,
				       &why) == OK);
	}
	if (secure_boot_is_db_authority(&v))
		must(secure_boot_authority_check(&fixed->reference, rules(fixed), v.content,
						 &sha256, &is_listed) == OK);
	/* No input hashes to what the release allows. */
	must(!is_listed);
	if (secure_boot_is_sbat_level(&v))
		(void)sbat_is_at_least(v.content, rules(fixed)->sbat_minimum);
	return 0;
}
