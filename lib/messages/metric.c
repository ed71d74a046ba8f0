/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/metric.h"

#include <inttypes.h>

enum status metric_begin(struct bytes *out, const char *name, enum metric_type type,
			 const char *help)
{
	return bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
			    type == METRIC_COUNTER ? "counter" : "gauge");
}

enum status metrics_append(struct bytes *out, const struct metric *metrics, size_t count)
{
	enum status status = OK;

	for (size_t i = 0; i < count && status == OK; i++) {
		const struct metric *m = &metrics[i];

		status = metric_begin(out, m->name, m->type, m->help);
		if (status == OK)
			status = bytes_printf(out, "%s %" PRIu64 "\n", m->name, m->value);
	}
	return status;
}
