/* SPDX-License-Identifier: Apache-2.0 */
/* The unit in a /proc/PID/cgroup. */
#include "fuzz.h"

#include "attestd/mint/caller/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct cgroup_place place;

	taint(&place, sizeof(place));
	if (cgroup_unit(text, &place) != OK) {
		must_be_tainted(&place, sizeof(place));
		return 0;
	}
	must(place.unit.len <= UNIT_NAME_MAX && place.unit.len <= place.path.len);
	must_lie_inside(place.unit, text);
	must_lie_inside(place.path, text);
	if (place.unit.len == 0)
		return 0;
	/* The last component, and no slice. */
	must(memchr(place.unit.data, '/', place.unit.len) == NULL);
	must(place.unit.data + place.unit.len == place.path.data + place.path.len);
	must(place.path.data[0] == '/');
	must(place.unit.len < 6 || memcmp(place.unit.data + place.unit.len - 6, ".slice", 6) != 0);
	return 0;
}
