/* SPDX-License-Identifier: Apache-2.0 */
/* Quotes: what was signed, by whom, and what it says. */
#include "attacks.h"

#include <string.h>

#include "attack_scene.h"

static void q01_a_quote_without_the_tpms_magic_is_refused(void **state)
{
	AUTO_DONE(signer_scene) s = { 0 };
	struct made_attest quote;
	(void)state;

	attack_scene_init(&s);
	attack_next_evidence(&s);
	quote = scene_quote(&s);
	quote.magic ^= 1;
	scene_send_quote(&s, &quote);
	expect_refused_unchanged(&s, FRAME_AUTHENTICATE, REFUSAL_SIGNATURE_INVALID);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(q01_a_quote_without_the_tpms_magic_is_refused),
};

ATTACKS_MAIN(tests)
