/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer_parts.h"

static const struct wire_field reason_item_fields[] = {
	WIRE_SIZED(reason_item, code, SIGNER_TEXT_MAX),
	WIRE_NUMBER(reason_item, layer, 0, LAYERS),
	WIRE_BE64(reason_item, entry),
	WIRE_SIZED(reason_item, detail, SIGNER_TEXT_MAX),
	WIRE_SIZED(reason_item, owner, SIGNER_TEXT_MAX),
	WIRE_SIZED(reason_item, contact, SIGNER_TEXT_MAX),
};
static const struct wire_table reason_item_wire =
	WIRE_TABLE(struct reason_item, reason_item_fields);

static const struct wire_field reason_list_fields[] = {
	WIRE_LIST(reason_list, count, items, reason_item_wire),
};
const struct wire_table reason_list_wire = WIRE_TABLE(struct reason_list, reason_list_fields);

static const struct wire_field certificate_fields[] = {
	{ .form = WIRE_FORM_SIZED, .cap = SIGNER_CERTIFICATE_MAX },
};
static const struct wire_table certificate_wire = WIRE_TABLE(struct span, certificate_fields);

static const struct wire_field certificate_list_fields[] = {
	WIRE_LIST(certificate_list, count, items, certificate_wire),
};
const struct wire_table certificate_list_wire =
	WIRE_TABLE(struct certificate_list, certificate_list_fields);
