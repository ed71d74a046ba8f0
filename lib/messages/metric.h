/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MESSAGES_METRIC_H
#define MESSAGES_METRIC_H

#include "base/bytes.h"

/* What a scraper is told (Prometheus text exposition format 0.0.4). */
enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

/* One without labels. */
struct metric {
	const char *name;
	enum metric_type type;
	const char *help;
	uint64_t value;
};

/* The lines before a metric's values, which may have labels. */
enum status metric_begin(struct bytes *out, const char *name, enum metric_type type,
			 const char *help);
enum status metrics_append(struct bytes *out, const struct metric *metrics, size_t count);

#endif
