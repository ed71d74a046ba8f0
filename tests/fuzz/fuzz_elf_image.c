/* SPDX-License-Identifier: Apache-2.0 */
/* What an ELF file has loaded with it */
#include "fuzz.h"
#include "policies/artifacts/elf_image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span file = { data, len };
	struct elf_image elf;

	taint(&elf, sizeof(elf));
	if (elf_image_parse(file, &elf) != OK) {
		must_be_tainted(&elf, sizeof(elf));
		return 0;
	}
	must(elf.needed_count <= ELF_NEEDED_MAX);
	must_lie_inside(elf.interpreter, file);
	must_lie_inside(elf.run_path, file);
	for (size_t i = 0; i < elf.needed_count; i++)
		must_lie_inside(elf.needed[i], file);
	return 0;
}
