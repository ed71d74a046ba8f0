/* SPDX-License-Identifier: Apache-2.0 */
/* GRUB's scripts, on a file system that holds this one and a kernel */
#include "fuzz.h"
#include "policies/artifacts/grub_script.h"

static enum grub_file_kind kind(void *context, struct span path)
{
	(void)context;
	if (span_equal(path, span_text("/EFI")))
		return GRUB_DIRECTORY;
	return path.len > 8 ? GRUB_NO_FILE : GRUB_PLAIN_FILE;
}

static enum status read_script(void *context, struct span path, struct bytes *out)
{
	const struct span *script = context;

	return span_equal(path, span_text("/EFI/grub.cfg")) || path.len < 4
		       ? bytes_append(out, *script)
		       : STATUS_NOT_FOUND;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span script = { data, len };
	const struct grub_files files = { &script, kind, read_script };
	const struct grub_start start = { "hd0", span_text("/EFI"), "/EFI/BOOT", { 0 } };
	AUTO_DONE(grub_events) events = { 0 };
	struct grub_fault fault;
	bool has_kernel = false;
	enum status status = grub_predict(&start, &files, &events, &fault);

	must(events.count <= GRUB_EVENTS_MAX);
	must(memchr(fault.text, 0, sizeof(fault.text)) != NULL);
	must(memchr(fault.script, 0, sizeof(fault.script)) != NULL);
	if (status == STATUS_UNSUPPORTED)
		must(fault.text[0] != '\0');
	for (size_t i = 0; i < events.count; i++)
		has_kernel = has_kernel || events.event[i].kind == GRUB_KERNEL;
	/* What is predicted has booted something. */
	if (status == OK)
		must(has_kernel);
	return 0;
}
