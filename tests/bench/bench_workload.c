/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the Workload API costs, asked of a running attestd.
 *
 *	bench_workload mint SOCKET TCTI [ROUNDS]
 *	bench_workload fetch SOCKET DIRECTORY [ROUNDS]
 *	bench_workload streams SOCKET PID-OF-MINT COMMAND [ROUNDS]
 *	bench_workload closing SOCKET COMMAND
 *
 * mint, by a socket of which each process is a job, so that its fetch wants a new SVID:
 * SVIDs a second, and how long one takes, against what the same TPM needs for such a
 * signature, taken between the two. fetch: what is there already, against a bare nghttp2
 * server that sends as many bytes. streams: a thousand, what one costs and how long it
 * takes until each has what changed; COMMAND makes that happen, with $ROUND. closing: seconds
 * from the end of COMMAND, which takes the right away, to the end of the last of a
 * thousand streams.
 */
#include <stdio.h>
#include <string.h>

#include "workload_benches.h"

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*run)(char **argv);
	} benches[] = {
		{ "mint", 2, bench_mint },
		{ "fetch", 2, bench_fetch },
		{ "streams", 3, bench_streams },
		{ "closing", 2, bench_closing },
	};

	for (size_t i = 0; i < sizeof(benches) / sizeof(*benches); i++) {
		if (argc >= 2 + benches[i].arguments && strcmp(argv[1], benches[i].name) == 0)
			return benches[i].run(argv + 2);
	}
	(void)fputs("usage: bench_workload mint|fetch|streams|closing ...\n", stderr);
	return 2;
}
