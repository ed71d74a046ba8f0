/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/admission.h"

const char *admission_text(enum admission admission)
{
	switch (admission) {
	case ADMISSION_OTHER_EXECUTABLE:
		return "no entry names its executable";
	case ADMISSION_OTHER_SOCKET:
		return "its entry is for another socket";
	case ADMISSION_OTHER_UNIT:
		return "its entry is for another systemd unit";
	case ADMISSION_OTHER_GROUP:
		return "its entry is for another group";
	case ADMISSION_OTHER_USER:
		return "its entry is for another user";
	case ADMISSION_NONE_APPROVED:
		return "no release in force approves a file at its executable's path";
	case ADMISSION_NOT_APPROVED:
		return "its executable's content is not one that a release in force approves";
	case ADMITTED:
		return "admitted";
	}
	return "unknown";
}

static bool is_or_any(const struct bytes *wanted, struct span found)
{
	return wanted->len == 0 || span_equal(span_of(wanted), found);
}

enum admission entry_selects(const struct entry *e, const struct caller_facts *f)
{
	if (!span_equal(span_of(&e->executable), f->executable))
		return ADMISSION_OTHER_EXECUTABLE;
	if (!is_or_any(&e->socket, f->socket))
		return ADMISSION_OTHER_SOCKET;
	if (!is_or_any(&e->unit, f->unit))
		return ADMISSION_OTHER_UNIT;
	if (e->has_gid && e->gid != f->gid)
		return ADMISSION_OTHER_GROUP;
	if (e->has_uid && e->uid != f->uid)
		return ADMISSION_OTHER_USER;
	return e->digests.len == 0 ? ADMISSION_NONE_APPROVED : ADMITTED;
}

enum admission entry_admits(const struct entry *e, const struct caller_facts *f)
{
	enum admission selected = entry_selects(e, f);

	if (selected != ADMITTED)
		return selected;
	return entry_has_digest(e, &f->digest) ? ADMITTED : ADMISSION_NOT_APPROVED;
}
