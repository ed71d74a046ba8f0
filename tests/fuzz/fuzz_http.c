/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/routes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct route_entry *entry;
	struct http_head head;
	struct span node;

	if (http_head_parse((struct span){ data, len }, &head) == 0)
		for (int is_admin = 0; is_admin < 2; is_admin++)
			(void)route_find(&head, is_admin != 0, &entry, &node);
	return 0;
}
