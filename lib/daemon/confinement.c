/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/confinement.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* landlock(7): what each version of the interface can take away. */
#define RIGHTS_1 ((LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define RIGHT_REFER (1ULL << 13) /* version 2 */
#define RIGHT_TRUNCATE (1ULL << 14) /* version 3 */
#define READING (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define WRITING                                                                                    \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                           \
	 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |                            \
	 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SYM | RIGHT_REFER | RIGHT_TRUNCATE)
/* The only ones that a rule about a file may name. */
#define OF_FILES (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)

static __u64 rights_of(long version)
{
	__u64 rights = RIGHTS_1;

	if (version >= 2)
		rights |= RIGHT_REFER;
	if (version >= 3)
		rights |= RIGHT_TRUNCATE;
	return rights;
}

static bool add_rule(int rules, const struct confinement_rule *rule, __u64 rights)
{
	struct landlock_path_beneath_attr beneath = {
		.allowed_access = rights & (READING | (rule->is_writable ? WRITING : 0)),
		.parent_fd = open(rule->path, O_PATH | O_CLOEXEC),
	};
	struct stat facts;

	if (beneath.parent_fd < 0)
		return true;
	if (fstat(beneath.parent_fd, &facts) == 0 && !S_ISDIR(facts.st_mode))
		beneath.allowed_access &= OF_FILES;

	bool is_added =
		syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) == 0;
	(void)close(beneath.parent_fd);
	return is_added;
}

static bool restrict_files(const struct confinement_rule *rules, size_t count)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	struct landlock_ruleset_attr attributes = { .handled_access_fs = rights_of(version) };
	bool is_restricted = version >= 1;
	int fd = -1;

	if (is_restricted)
		fd = (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
	is_restricted = fd >= 0;
	for (size_t i = 0; i < count && is_restricted; i++)
		is_restricted = add_rule(fd, &rules[i], attributes.handled_access_fs);
	is_restricted = is_restricted && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	if (fd >= 0)
		(void)close(fd);
	return is_restricted;
}

bool confinement_begin(const struct confinement_rule *rules, size_t count)
{
	const struct rlimit none = { 0 };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && setrlimit(RLIMIT_CORE, &none) == 0 &&
	       restrict_files(rules, count);
}
