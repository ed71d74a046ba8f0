/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WORKLOAD_PROCESS_H
#define TESTS_WORKLOAD_PROCESS_H

/*
 * A workload that does what the test says: started with the path of a Unix socket,
 * or with "fd:N" of one that is connected, it writes WORKLOAD_READY there, then takes
 * orders, and says WORKLOAD_READY again when each is carried out.
 */
#define WORKLOAD_READY 'r'

enum workload_verb {
	WORKLOAD_END, /* with the exit status in number */
	WORKLOAD_EXECUTE, /* path, with the same socket */
	WORKLOAD_BECOME, /* the user of this number, for good */
	WORKLOAD_KEEP, /* that one, as its saved user */
	WORKLOAD_JOIN, /* the group of this number */
	WORKLOAD_PASS, /* this socket to whoever accepts at path */
	WORKLOAD_LEAVE, /* ends, with the socket kept open by a child that waits */
};

struct workload_order {
	enum workload_verb verb;
	int number;
	char path[192];
};

#endif
