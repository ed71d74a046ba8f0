/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/metrics.h"

#include <inttypes.h>

void metrics_count(struct metrics *metrics, enum route route, unsigned status)
{
	unsigned class = status / 100;

	if ((unsigned)route < ROUTES && class < 6)
		metrics->answers[route][class]++;
}

static enum status put(struct bytes *out, const char *name, const char *type, const char *help,
		       uint64_t value)
{
	return bytes_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n", name, help, name,
			    type, name, value);
}

static enum status put_answers(const struct metrics *metrics, struct bytes *out)
{
	enum status status =
		bytes_printf(out, "# HELP attestd_front_answers_total Answers by route "
				  "and class of HTTP status.\n"
				  "# TYPE attestd_front_answers_total counter\n");

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
	enum status status = put_answers(metrics, out);

	if (status == OK)
		status = put(out, "attestd_front_connections_total", "counter",
			     "Connections accepted.", metrics->connections);
	if (status == OK)
		status = put(out, "attestd_front_connections_refused_total", "counter",
			     "Connections closed at once because there were too many.",
			     metrics->connections_refused);
	if (status == OK)
		status = put(out, "attestd_front_handshakes_failed_total", "counter",
			     "TLS handshakes that failed.", metrics->handshakes_failed);
	if (status == OK)
		status = put(out, "attestd_front_deadlines_missed_total", "counter",
			     "Connections closed for being too slow.", metrics->deadlines_missed);
	if (status == OK)
		status = put(out, "attestd_front_connections", "gauge", "Connections open now.",
			     metrics->open);
	if (status == OK)
		status = put(out, "attestd_front_body_bytes", "gauge",
			     "Bytes of request bodies held now.", metrics->body_bytes);
	if (status == OK)
		status = put(out, "attestd_front_waiting", "gauge",
			     "Nodes that wait to be told to attest at once.", metrics->waiting);
	if (status == OK)
		status = put(out, "attestd_front_told_total", "counter",
			     "Nodes that were told to attest at once.", metrics->told);
	return status;
}
