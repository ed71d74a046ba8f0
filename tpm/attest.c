/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/attest.h"

#include "tpm/public_area.h"

/* TPM2B_DATA holds at most a TPMT_HA (Part 2, 10.4.3). */
#define EXTRA_DATA_MAX (2 + DIGEST_MAX)

static void read_clock_info(struct reader *r, struct attest *a)
{
	a->clock = reader_be64(r);
	a->reset_count = reader_be32(r);
	a->restart_count = reader_be32(r);

	uint8_t safe = reader_u8(r);

	/* TPMI_YES_NO has two values (Part 2, 9.2). */
	if (safe > 1)
		reader_fail(r, STATUS_MALFORMED);
	a->is_safe = safe == 1;
}

static void read_quote_info(struct reader *r, struct attest *a)
{
	enum status status = pcr_selection_read(r, &a->selection);

	if (status != OK)
		reader_fail(r, status);
	a->pcr_digest = reader_sized(r, DIGEST_MAX);
}

static void read_certify_info(struct reader *r, struct attest *a)
{
	a->certified_name = reader_sized(r, NAME_MAX_SIZE);
	a->certified_qualified_name = reader_sized(r, NAME_MAX_SIZE);
}

enum status attest_parse(struct span bytes, enum attest_type type, struct attest *out)
{
	struct reader r = reader_over(bytes);
	struct attest a = { .type = type };

	/* Only a TPM writes this magic into what a restricted key signs;
	 * without the check a host could have its AK sign a quote of its own
	 * making. */
	if (reader_be32(&r) != TPM_GENERATED)
		reader_fail(&r, STATUS_MISMATCH);
	/* A certification or an NV read handed over as a quote. */
	if (reader_be16(&r) != (unsigned)type)
		reader_fail(&r, STATUS_UNSUPPORTED);
	a.qualified_signer = reader_sized(&r, NAME_MAX_SIZE);
	a.extra_data = reader_sized(&r, EXTRA_DATA_MAX);
	read_clock_info(&r, &a);
	a.firmware_version = reader_be64(&r);
	switch (type) {
	case ATTEST_QUOTE:
		read_quote_info(&r, &a);
		break;
	case ATTEST_CERTIFY:
		read_certify_info(&r, &a);
		break;
	default:
		reader_fail(&r, STATUS_UNSUPPORTED);
	}

	enum status end = reader_end(&r);

	if (end == OK)
		*out = a;
	return end;
}
