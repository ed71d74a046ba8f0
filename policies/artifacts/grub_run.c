/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/grub_run.h"

#include <stdio.h>
#include <stdlib.h>

void grub_fail(struct grub_run *run, const struct grub_text *text, const char *what,
	       struct span word)
{
	struct grub_fault *fault = run->fault;

	if (run->status != OK)
		return;
	run->status = STATUS_UNSUPPORTED;
	fault->line = text == NULL ? 0 : text->line;
	(void)snprintf(fault->script, sizeof(fault->script), "%s", text == NULL ? "" : text->path);
	(void)snprintf(fault->text, sizeof(fault->text), "%s%s%.*s", what, word.len > 0 ? ": " : "",
		       (int)(word.len < 80 ? word.len : 80), (const char *)word.data);
}

void grub_no_memory(struct grub_run *run, enum status status)
{
	if (run->status == OK)
		run->status = status;
}

void grub_measure(struct grub_run *run, enum grub_measured kind, struct span text)
{
	struct grub_event *event;

	if (run->status != OK)
		return;
	if (run->events->count == GRUB_EVENTS_MAX) {
		grub_fail(run, NULL, "more events than any boot has", (struct span){ 0 });
		return;
	}
	event = &run->events->event[run->events->count++];
	*event = (struct grub_event){ .kind = kind };
	grub_no_memory(run, bytes_append(&event->text, text));
}

void grub_source_done(struct grub_source *source)
{
	bytes_done(&source->script);
	free(source->path);
	*source = (struct grub_source){ 0 };
}
