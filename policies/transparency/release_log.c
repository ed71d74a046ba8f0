/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/transparency/release_log.h"

#include "base/text.h"

enum status release_log_origin(const struct digest *first_root, struct bytes *out)
{
	enum status status = bytes_printf(out, "attestd.dev/release-log/");

	return status == OK ? hex_append(out, digest_span(first_root)) : status;
}
