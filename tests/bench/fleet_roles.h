/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BENCH_FLEET_ROLES_H
#define TESTS_BENCH_FLEET_ROLES_H

#include <stddef.h>
#include <sys/types.h>

/* verifierd's processes, the parent first. */
#define FLEET_ROLES_MAX 24

struct fleet_roles {
	size_t count;
	struct fleet_role {
		pid_t pid;
		char name[16];
	} role[FLEET_ROLES_MAX];
};

void fleet_roles_find(pid_t parent, struct fleet_roles *out);
/* Seconds that a role, or all of them, spent on a CPU, in user and in kernel: by
 * /proc/PID/schedstat, which counts nanoseconds. */
double fleet_role_cpu(const struct fleet_role *role);
double fleet_roles_cpu(const struct fleet_roles *roles);
/* A line "NAME: N kB" of /proc/PID/FILE, summed over the roles, in bytes. */
double fleet_roles_memory(const struct fleet_roles *roles, const char *file, const char *name);

#endif
