/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/matrix.h"

#include <string.h>

#include "base/text.h"
#include "messages/spiffe_id.h"

#define CLASSES_MAX 256
/* 16 and 23 can be reset by anyone (TCG PTP 3.6). */
#define SELECTABLE (PCR_MASK_ALL & ~((pcr_mask)1 << 16) & ~((pcr_mask)1 << 23))
#define IMA_PCR 10

static pcr_mask read_pcrs(struct strict_cursor *tpm, const char *name)
{
	struct strict_cursor list = strict_array(tpm, name, PCR_COUNT);
	pcr_mask mask = 0;

	for (size_t i = 0; i < strict_count(&list); i++) {
		pcr_mask bit = (pcr_mask)1 << strict_element_uint(&list, i, 0, PCR_COUNT - 1);

		if ((bit & SELECTABLE) == 0 || (mask & bit) != 0)
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
		mask |= bit;
	}
	if (mask == 0)
		strict_fail(tpm, name, STATUS_MALFORMED, "empty");
	return mask;
}

enum status firmware_version_parse(struct span text, uint16_t fill, uint64_t *out)
{
	uint64_t version = 0;

	if (text.len == 0 || text.data[text.len - 1] == '.')
		return STATUS_MALFORMED;
	for (int i = 0; i < 4; i++) {
		struct span word;
		uint64_t part = fill;

		if (text_next_word(&text, '.', &word)) {
			enum status status = decimal_parse(word, UINT16_MAX, &part);

			if (status != OK)
				return status;
		}
		version = version << 16 | part;
	}
	if (text.len > 0)
		return STATUS_MALFORMED;
	*out = version;
	return OK;
}

/* As the TCG registers them, capitals, digits and blanks behind; without those, as it is
 * compared. Any other would match no TPM's, and deny nothing. */
static bool read_vendor(struct span text, struct firmware_deny *out)
{
	while (text.len > 0 && text.data[text.len - 1] == ' ')
		text.len--;
	if (text.len == 0 || text.len > sizeof(out->vendor))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!(text.data[i] >= 'A' && text.data[i] <= 'Z') &&
		    !(text.data[i] >= '0' && text.data[i] <= '9'))
			return false;
	memcpy(out->vendor, text.data, text.len);
	return true;
}

static struct ref_range read_firmware_deny(struct strict_cursor *tpm, struct image_builder *image)
{
	struct strict_cursor list = strict_array(tpm, "firmwareDeny", 256);
	struct ref_range range = image_firmware_deny_from_here(image);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor one = strict_element_object(&list, i);
		struct span vendor = strict_text(&one, "vendor", 4);
		struct span from = strict_text(&one, "from", 32);
		struct span to = strict_text(&one, "to", 32);
		struct firmware_deny deny = { 0 };

		if (strict_end(&one) == OK &&
		    (!read_vendor(vendor, &deny) ||
		     firmware_version_parse(from, 0, &deny.from) != OK ||
		     firmware_version_parse(to, UINT16_MAX, &deny.to) != OK || deny.from > deny.to))
			strict_fail(&one, NULL, STATUS_MALFORMED, "bad-value");
		(void)image_firmware_deny(image, &deny);
		range.count++;
	}
	return range;
}

static void read_tpm(struct strict_cursor *class, struct image_builder *image,
		     struct node_class *out)
{
	static const char *const banks[] = { "sha256", "sha384", "sha512", NULL };
	struct strict_cursor tpm = strict_object(class, "tpm");

	out->bank = digest_alg_named(span_text(banks[strict_choice(&tpm, "bank", banks)]));
	out->select = read_pcrs(&tpm, "select");
	out->policy_pcrs = read_pcrs(&tpm, "policyPcrs");
	/* Never a PCR that the boot or IMA uses: 0 to 10. */
	out->cap = (uint8_t)strict_uint(&tpm, "cap", IMA_PCR + 1, PCR_COUNT - 1);
	if (((pcr_mask)1 << out->cap & SELECTABLE) == 0)
		strict_fail(&tpm, "cap", STATUS_MALFORMED, "bad-value");
	/* A key bound to what is not quoted can't be checked; bound to IMA's PCR it
	 * would die with the next file. */
	if ((out->policy_pcrs & ~out->select) != 0 ||
	    (out->policy_pcrs & ((pcr_mask)1 << IMA_PCR | (pcr_mask)1 << out->cap)) != 0)
		strict_fail(&tpm, "policyPcrs", STATUS_MALFORMED, "bad-value");
	out->require_safe = strict_bool(&tpm, "requireSafe");
	out->firmware_deny = read_firmware_deny(&tpm, image);
	(void)strict_end(&tpm);
}

static struct ref_range read_ids(struct strict_cursor *class, struct span trust_domain,
				 struct image_builder *image)
{
	struct strict_cursor list = strict_array(class, "ids", 256);
	struct ref_range range = image_texts_from_here(image);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span pattern = strict_element_text(&list, i, SPIFFE_ID_MAX);

		if (!spiffe_pattern_is_valid(pattern) ||
		    !span_equal(spiffe_id_trust_domain(pattern), trust_domain))
			strict_fail(&list, NULL, STATUS_MALFORMED, "bad-value");
		(void)image_text(image, pattern);
		range.count++;
	}
	if (range.count == 0)
		strict_fail(class, "ids", STATUS_MALFORMED, "empty");
	return range;
}

/* "PLATFORM/KERNEL", each known to the matrix. */
static void read_class_cells(struct strict_cursor *class, const struct matrix *matrix,
			     struct image_builder *image, struct node_class *out)
{
	struct span blocked[MATRIX_CELLS_MAX];
	struct strict_cursor list = strict_array(class, "cells", MATRIX_CELLS_MAX);

	out->cells = image_texts_from_here(image);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct span text = strict_element_text(&list, i, 129);
		struct span kernel = text;
		struct span platform = { 0 };

		(void)text_next_word(&kernel, '/', &platform);

		const struct matrix_cell *cell = matrix_cell(matrix, platform, kernel);
		if (cell == NULL)
			strict_fail(&list, NULL, STATUS_MALFORMED, "cell-not-in-matrix");
		if (cell == NULL)
			continue;
		if (!cell->is_allowed) {
			blocked[out->blocked.count++] = text;
			continue;
		}
		(void)image_text(image, text);
		out->cells.count++;
	}
	out->blocked.first = image_texts_from_here(image).first;
	for (uint32_t i = 0; i < out->blocked.count; i++)
		(void)image_text(image, blocked[i]);
}

static struct span read_class(struct strict_cursor *class, const struct matrix *matrix,
			      struct image_builder *image)
{
	struct node_class out = { .name = strict_text_as(class, "name", 64, name_is_valid) };

	out.trust_domain =
		strict_text_as(class, "trustDomain", TRUST_DOMAIN_MAX, trust_domain_is_valid);
	out.id_patterns = read_ids(class, out.trust_domain, image);
	read_class_cells(class, matrix, image, &out);
	out.grant_lifetime_s = (uint32_t)strict_uint(class, "grantLifetime", 60, 3600);
	out.attest_interval_s = (uint32_t)strict_uint(class, "attestInterval", 1, 86400);
	read_tpm(class, image, &out);
	(void)strict_end(class);
	(void)image_class(image, &out);
	return out.name;
}

enum status matrix_read(struct statement *s, struct image_builder *image, struct matrix *out)
{
	struct strict_cursor *predicate = &s->predicate;

	memset(out, 0, sizeof(*out));
	statement_expect_subjects(s, 0);
	out->version = strict_uint(predicate, "version", 1, INT64_MAX);
	matrix_read_cells(predicate, out);

	struct strict_cursor classes = strict_array(predicate, "classes", CLASSES_MAX);
	struct span names[CLASSES_MAX];
	for (size_t i = 0; i < strict_count(&classes); i++) {
		struct strict_cursor class = strict_element_object(&classes, i);

		names[i] = read_class(&class, out, image);
		for (size_t j = 0; j < i; j++)
			if (span_equal(names[i], names[j]))
				strict_fail(&classes, NULL, STATUS_MALFORMED, "class-twice");
	}

	matrix_read_decisions(predicate, out);

	enum status status = strict_end(predicate);
	return status == OK ? image->status : status;
}
