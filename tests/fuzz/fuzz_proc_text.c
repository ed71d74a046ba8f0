/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel writes of a process that chose its name. */
#include "fuzz.h"

#include "attestd/mint/caller/proc_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct proc_users users;
	uint64_t started;

	taint(&users, sizeof(users));
	if (proc_users(text, &users) != OK)
		must_be_tainted(&users, sizeof(users));
	else if (proc_users_are_one(&users))
		must(users.uid[0] == users.uid[1] && users.gid[0] == users.gid[3]);
	taint(&started, sizeof(started));
	if (proc_started(text, &started) != OK)
		must_be_tainted(&started, sizeof(started));

	int status = -1;

	if (proc_exit_status(text, &status) == OK)
		must(status >= 0 && status <= UINT16_MAX);
	else
		must(status == -1);
	return 0;
}
