/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

const char *status_text(enum status status)
{
	switch (status) {
	case OK:
		return "ok";
	case STATUS_NO_MEMORY:
		return "out of memory";
	case STATUS_TRUNCATED:
		return "truncated";
	case STATUS_MALFORMED:
		return "malformed";
	case STATUS_TOO_LARGE:
		return "too large";
	case STATUS_UNSUPPORTED:
		return "unsupported";
	case STATUS_MISMATCH:
		return "mismatch";
	case STATUS_NOT_FOUND:
		return "not found";
	case STATUS_DENIED:
		return "denied";
	case STATUS_IO:
		return "input or output failed";
	case STATUS_UNAVAILABLE:
		return "unavailable";
	}
	return "unknown status";
}
