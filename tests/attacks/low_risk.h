/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LOW_RISK_H
#define TESTS_LOW_RISK_H

/* Edits of release_line.h, for a line in which platform alone may approve what changes in
 * its one set. */

/* A root under which platform may let all pass that may ever pass. */
#define LOW_RISK                                                                                   \
	{                                                                                          \
		"root", "\"lowRisk\":[]",                                                          \
			"\"lowRisk\":[\"lifetime\",\"rollback-to\",\"evidence\","                  \
			"\"base-file-added\",\"base-file-removed\",\"base-file-changed\"]"         \
	}
#define DECLARED                                                                                   \
	{                                                                                          \
		"manifest", "\"changeClass\":\"trust-impacting\"", "\"changeClass\":\"low-risk\""  \
	}
/* The line's one set as a base set that nothing else claims. */
#define BASE_SET                                                                                   \
	{ "manifest", "\"early\":[\"base.files\"],", "" },                                         \
	{                                                                                          \
		"manifest", "\"class\":\"identity\",\"mustAppear\":[\"/usr/sbin/attestd\"]",       \
			"\"class\":\"base\""                                                       \
	}
#define PLATFORM_SAYS                                                                              \
	{                                                                                          \
		"approval#1", "\"class\":\"trust-impacting\"", "\"class\":\"low-risk\""            \
	}
#define COMMON LOW_RISK, DECLARED, BASE_SET
#define COMMON_COUNT 4

#define ONES "1111111111111111111111111111111111111111111111111111111111111111"
#define OTHERS "1211111111111111111111111111111111111111111111111111111111111111"

#endif
