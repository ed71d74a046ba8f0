/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/log.h"
#include "daemon/mapping.h"
#include "verifier/appraiser/requests.h"

/* Without these nobody could be sure that the pages stay what was checked. */
#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

void mapped_reference_done(struct mapped_reference *mapped)
{
	mapping_close(mapped->image);
	*mapped = (struct mapped_reference){ 0 };
}

static bool map(int fd, struct mapped_reference *out)
{
	struct mapped_reference mapped = { 0 };
	int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	if (seals < 0 || (seals & SEALS) != SEALS || fstat(fd, &st) != 0 || st.st_size <= 0 ||
	    (uint64_t)st.st_size > REFERENCE_MAX ||
	    mapping_open(fd, (size_t)st.st_size, &mapped.image) != OK)
		return false;
	if (reference_open(mapped.image, &mapped.reference) != OK) {
		mapped_reference_done(&mapped);
		return false;
	}
	*out = mapped;
	return true;
}

void adopt_reference(struct appraiser *a)
{
	struct mapped_reference mapped;

	if (a->pending_reference < 0)
		return;
	if (map(a->pending_reference, &mapped)) {
		mapped_reference_done(&a->reference);
		a->reference = mapped;
	} else {
		log_line(LOG_LEVEL_ERROR, "the reference values handed over are not usable");
		a->is_broken = true;
	}
	(void)close(a->pending_reference);
	a->pending_reference = -1;
}
