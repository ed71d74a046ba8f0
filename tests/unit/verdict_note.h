/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_VERDICT_NOTE_H
#define TESTS_VERDICT_NOTE_H

/* A checkpoint of a verdict log as canary documents hold it: in form, by nobody's key. */
#define VERDICT_NOTE                                                                               \
	"attestd.dev/verdict-log/x\n5\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n\n"           \
	"\xe2\x80\x94 attestd.dev/verdict-log/x "                                                  \
	"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"                             \
	"AgICAgICAgICAgICAgICAgICAgICAgI=\n"

#endif
