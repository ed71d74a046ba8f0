/* SPDX-License-Identifier: Apache-2.0 */
/* In place of attestd/mint/caller/caller.c: whoever it is, and as long as it likes. */
#include "attestd/mint/caller/caller.h"

struct caller {
	int unused;
};

static struct caller somebody;

enum status caller_open(int socket, struct span socket_name, struct caller **out, unsigned *looked,
			const char **why_not)
{
	(void)socket;
	(void)socket_name;
	(void)looked;
	(void)why_not;
	*out = &somebody;
	return OK;
}

void caller_free(struct caller *c)
{
	(void)c;
}

int caller_exit_fd(const struct caller *c)
{
	(void)c;
	return -1;
}
