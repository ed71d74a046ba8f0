/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_ROLE_PROGRAM_H
#define ATTESTD_ROLE_PROGRAM_H

#include <stddef.h>

/*
 * A role is a program of its own, so that each loads the libraries that it uses
 * and no other's. attestd starts it with "--role NAME --config FILE".
 */
struct role_program {
	const char *name;
	size_t fds; /* that the parent hands over */
	int (*run)(const char *configuration_path);
};

/* Of a role that cannot use the configuration; attestd says why. */
#define ROLE_CONFIGURATION_UNUSABLE 2

/* The whole of a role's main(); its exit status. */
int role_program_main(int argc, char **argv, const struct role_program *program);

#endif
