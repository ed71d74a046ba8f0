/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "attestd/broker/broker.h"

enum status broker_refuse(struct broker *b, enum status status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(b->reason, sizeof(b->reason), format, args);
	va_end(args);
	return status;
}

const char *broker_reason(const struct broker *b, enum status status)
{
	if (b->reason[0] != '\0')
		return b->reason;

	const char *tpms = tpm_device_reason(b->device);

	return tpms[0] != '\0' ? tpms : status_text(status);
}

void broker_forget_reason(struct broker *b)
{
	b->reason[0] = '\0';
	tpm_device_forget_reason(b->device);
}
