/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/metrics.h"

#include <inttypes.h>

#include "messages/metric.h"

void metrics_count(struct metrics *metrics, enum route route, unsigned status)
{
	unsigned class = status / 100;

	if ((unsigned)route < ROUTES && class < 6)
		metrics->answers[route][class]++;
}

static enum status put_answers(const struct metrics *metrics, struct bytes *out)
{
	enum status status = metric_begin(out, "attestd_front_answers_total", METRIC_COUNTER,
					  "Answers by route and class of HTTP status.");

	for (unsigned route = 0; route < ROUTES; route++) {
		const char *name = route_name((enum route)route);

		for (unsigned class = 2; class < 6 && status == OK; class ++)
			if (metrics->answers[route][class] != 0)
				status = bytes_printf(out,
						      "attestd_front_answers_total{route=\"%s\","
						      "class=\"%uxx\"} %" PRIu64 "\n",
						      name == NULL ? "none" : name, class,
						      metrics->answers[route][class]);
	}
	return status;
}

enum status metrics_write(const struct metrics *metrics, struct bytes *out)
{
	const struct metric counts[] = {
		{ "attestd_front_connections_total", METRIC_COUNTER, "Connections accepted.",
		  metrics->connections },
		{ "attestd_front_connections_refused_total", METRIC_COUNTER,
		  "Connections closed at once because there were too many.",
		  metrics->connections_refused },
		{ "attestd_front_handshakes_failed_total", METRIC_COUNTER,
		  "TLS handshakes that failed.", metrics->handshakes_failed },
		{ "attestd_front_deadlines_missed_total", METRIC_COUNTER,
		  "Connections closed for being too slow.", metrics->deadlines_missed },
		{ "attestd_front_connections", METRIC_GAUGE, "Connections open now.",
		  metrics->open },
		{ "attestd_front_body_bytes", METRIC_GAUGE, "Bytes of request bodies held now.",
		  metrics->body_bytes },
		{ "attestd_front_waiting", METRIC_GAUGE,
		  "Nodes that wait to be told to attest at once.", metrics->waiting },
		{ "attestd_front_told_total", METRIC_COUNTER,
		  "Nodes that were told to attest at once.", metrics->told },
	};
	enum status status = put_answers(metrics, out);

	return status == OK ? metrics_append(out, counts, sizeof(counts) / sizeof(counts[0]))
			    : status;
}
