/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"
#include "verifier/front/routes.h"

static bool has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] <= ' ' || s.data[i] == 0x7f)
			return true;
	return false;
}

static void find_route(const struct http_head *head, bool is_admin)
{
	const struct route_entry *entry = NULL;
	struct span node = { 0 };
	unsigned refused = route_find(head, is_admin, &entry, &node);

	must(refused == 0 || refused == 404 || refused == 405);
	if (refused != 0)
		return;
	/* Each listener has its own routes, and a node's id is an id. */
	must(entry->is_admin == is_admin && entry->method == head->method);
	must(node.len == 0 || node.len == 64);
	must_lie_inside(node, head->path);
	must(!route_allows(entry, (enum role)0) || entry->roles == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span text = { data, len };
	struct http_head head;
	unsigned refused;

	taint(&head, sizeof(head));
	refused = http_head_parse(text, &head);
	if (refused != 0) {
		must_be_tainted(&head, sizeof(head));
		must(refused >= 400 && refused <= 505 && http_error_code(refused) != NULL);
		return 0;
	}
	must(len <= HTTP_HEAD_MAX && len >= 4 && memcmp(data + len - 4, "\r\n\r\n", 4) == 0);
	must_lie_inside(head.path, text);
	must_lie_inside(head.query, text);
	must(!has_control(head.path) && !has_control(head.query) && head.path.len > 0);
	/* None in the head, or nobody could tell where it ends. */
	must(memchr(data, '\0', len) == NULL);
	find_route(&head, false);
	find_route(&head, true);
	return 0;
}
