/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "broker_process.h"

#include <openssl/pem.h>
#include <stdio.h>
#include <unistd.h>

#include "attestd/frames.h"
#include "daemon/role.h"

void broker_process_configure(const char *directory, EVP_PKEY *result_key, const char *more)
{
	char key[256], path[256];
	FILE *file;

	(void)snprintf(key, sizeof(key), "%s/result.pem", directory);
	(void)snprintf(path, sizeof(path), "%s/attestd.conf", directory);
	file = fopen(key, "w");
	assert_non_null(file);
	assert_int_equal(PEM_write_PUBKEY(file, result_key), 1);
	assert_int_equal(fclose(file), 0);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file,
		      "[verifier]\nurl = https://localhost\nca_file = %s\nresult_key = %s\n%s", key,
		      key, more);
	assert_int_equal(fclose(file), 0);
}

pid_t broker_process_start(struct channel *agent, struct channel *mint,
			   int (*run)(const void *self), const void *self)
{
	const pid_t parent = getpid();
	int to_agent[2], to_mint[2];

	assert_int_equal(channel_pair(to_agent), OK);
	assert_int_equal(channel_pair(to_mint), OK);

	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		/* Above the range first: a pair may lie in it. */
		int moved[BROKER_FDS] = { dup2(to_agent[1], 40), dup2(to_mint[1], 41) };

		if (dup2(moved[0], ROLE_FD_FIRST + BROKER_AGENT) < 0 ||
		    dup2(moved[1], ROLE_FD_FIRST + BROKER_MINT) < 0 || getppid() != parent)
			_exit(99);
		_exit(run(self));
	}
	(void)close(to_agent[1]);
	(void)close(to_mint[1]);
	channel_init(agent, to_agent[0], FRAME_LARGE_MAX);
	channel_init(mint, to_mint[0], FRAME_SMALL_MAX);
	return pid;
}
