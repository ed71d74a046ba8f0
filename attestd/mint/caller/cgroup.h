/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_CALLER_CGROUP_H
#define ATTESTD_MINT_CALLER_CGROUP_H

#include "base/bytes.h"

/* Bytes of a /proc/PID/cgroup: one line for each hierarchy, of a path at most. */
#define CGROUP_TEXT_MAX ((size_t)64 << 10)
#define UNIT_NAME_MAX 255

/* Borrowed from the text. */
struct cgroup_place {
	struct span unit; /* systemd's unit of the system's manager; empty: none */
	struct span path; /* of the unit's own cgroup below the hierarchy's root */
	bool is_unified; /* that hierarchy is version 2 */
};

/*
 * Which systemd unit the process belongs to that /proc/PID/cgroup is about
 * (cgroups(7), version 1 with systemd's named hierarchy, version 2, and both
 * together). A user may make cgroups below what was delegated to him, named as he
 * likes: only the first that is no slice is the system manager's work, as for
 * systemd itself, and all that user 1000 starts is user@1000.service or a session.
 * STATUS_MALFORMED for a text that no kernel writes, or two units at once.
 */
enum status cgroup_unit(struct span text, struct cgroup_place *out);

#endif
