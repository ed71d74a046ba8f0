/* SPDX-License-Identifier: Apache-2.0 */
/* cpio archives of an initramfs */
#include "fuzz.h"
#include "policies/artifacts/cpio_archive.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span bytes = { data, len };
	struct cpio_archive archive = cpio_archive_over(bytes);
	struct cpio_member member;
	size_t count = 0;

	taint(&member, sizeof(member));
	while (cpio_archive_next(&archive, &member) == OK) {
		must_lie_inside(member.name, bytes);
		must_lie_inside(member.content, bytes);
		must(member.name.len < 4096);
		must(member.name.len == 0 || memchr(member.name.data, 0, member.name.len) == NULL);
		must(++count <= len / 110);
		taint(&member, sizeof(member));
	}
	must_be_tainted(&member, sizeof(member));
	must_lie_inside(cpio_archive_rest(&archive), bytes);
	return 0;
}
