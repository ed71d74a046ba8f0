/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet_roles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static FILE *open_proc(pid_t pid, const char *file)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);

	FILE *f = fopen(path, "r");

	if (f == NULL) {
		(void)fprintf(stderr, "fleet: %s can't be read\n", path);
		exit(2);
	}
	return f;
}

static void add_role(struct fleet_roles *roles, pid_t pid)
{
	struct fleet_role *role = &roles->role[roles->count];

	if (roles->count == FLEET_ROLES_MAX)
		exit(2);

	FILE *f = open_proc(pid, "comm");

	role->pid = pid;
	if (fscanf(f, "%15s", role->name) != 1)
		exit(2);
	(void)fclose(f);
	roles->count++;
}

void fleet_roles_find(pid_t parent, struct fleet_roles *out)
{
	char file[32];
	int pid;

	*out = (struct fleet_roles){ 0 };
	add_role(out, parent);
	(void)snprintf(file, sizeof(file), "task/%d/children", (int)parent);

	FILE *f = open_proc(parent, file);

	while (fscanf(f, "%d", &pid) == 1)
		add_role(out, pid);
	(void)fclose(f);
}

double fleet_role_cpu(const struct fleet_role *role)
{
	FILE *f = open_proc(role->pid, "schedstat");
	unsigned long long nanoseconds;

	if (fscanf(f, "%llu", &nanoseconds) != 1)
		exit(2);
	(void)fclose(f);
	return (double)nanoseconds / 1e9;
}

double fleet_roles_cpu(const struct fleet_roles *roles)
{
	double sum = 0;

	for (size_t i = 0; i < roles->count; i++)
		sum += fleet_role_cpu(&roles->role[i]);
	return sum;
}

double fleet_roles_memory(const struct fleet_roles *roles, const char *file, const char *name)
{
	double sum = 0;

	for (size_t i = 0; i < roles->count; i++) {
		FILE *f = open_proc(roles->role[i].pid, file);
		char line[256];
		size_t len = strlen(name);

		while (fgets(line, sizeof(line), f) != NULL)
			if (strncmp(line, name, len) == 0 && line[len] == ':')
				sum += strtod(line + len + 1, NULL) * 1024;
		(void)fclose(f);
	}
	return sum;
}
