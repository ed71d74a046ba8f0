/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_EVIDENCE_QUOTE_JUDGEMENT_H
#define TOOLS_EVIDENCE_QUOTE_JUDGEMENT_H

#include "tools/evidence/quote_question.h"

/* No code: yes. The code is stable, the text is for people. */
struct quote_verdict {
	const char *code;
	char text[160];
};

/* Did this key sign this quote over this nonce and these PCRs? */
struct quote_verdict quote_judge(const struct quote_options *o, const struct quote_question *q);

#endif
