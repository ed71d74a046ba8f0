/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ATTACKS_H
#define TESTS_ATTACKS_H

#include "unit.h"

/* The end of each program here: all its tests, or those that its one argument
 * names ("q06_*"), which is how tests/mutations/run asks for a row. */
#define ATTACKS_MAIN(tests) ATTACKS_MAIN_WITH(tests, NULL, NULL)
/* With a group's setup and teardown. */
#define ATTACKS_MAIN_WITH(tests, setup, teardown)                                                  \
	int main(int argc, char **argv)                                                            \
	{                                                                                          \
		if (argc > 1)                                                                      \
			cmocka_set_test_filter(argv[1]);                                           \
		return cmocka_run_group_tests(tests, setup, teardown);                             \
	}

#endif
