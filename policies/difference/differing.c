/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/difference/differing.h"

#define TEXT_CHUNK ((size_t)64 << 10)

void differing_fail(struct differing *d, enum status status)
{
	if (d->status == OK)
		d->status = status;
}

void differing_flush(struct differing *d)
{
	struct span text = span_of(&d->text);

	if (d->status != OK)
		return;
	if (EVP_DigestUpdate(d->digest, text.data, text.len) != 1)
		differing_fail(d, STATUS_NO_MEMORY);
	if (d->listener != NULL && d->listener->text != NULL)
		differing_fail(d, d->listener->text(d->listener->self, text));
	d->text.len = 0;
}

void differing_line(struct differing *d, char sign, struct span subject, struct span value)
{
	enum status status = bytes_append_byte(&d->text, (uint8_t)sign);

	if (status == OK)
		status = bytes_append(&d->text, subject);
	if (status == OK && value.len > 0)
		status = bytes_append_byte(&d->text, ' ');
	if (status == OK)
		status = bytes_append(&d->text, value);
	if (status == OK)
		status = bytes_append_byte(&d->text, '\n');
	differing_fail(d, status);
	if (d->text.len >= TEXT_CHUNK)
		differing_flush(d);
}

void differing_change(struct differing *d, const struct change *change)
{
	d->result.count[change->kind]++;
	if (d->status == OK && d->listener != NULL && d->listener->change != NULL)
		differing_fail(d, d->listener->change(d->listener->self, change));
}
