/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/manifest.h"

#include "base/text.h"
#include "tpm/boot_log.h"

#define DIGESTS_MAX 4096

enum layer manifest_default_layer(uint8_t pcr)
{
	static const enum layer layers[PCR_COUNT] = {
		[4] = LAYER_BOOT_CHAIN, [5] = LAYER_BOOT_CHAIN, [8] = LAYER_BOOT_CHAIN,
		[9] = LAYER_KERNEL,	[10] = LAYER_KERNEL,	[11] = LAYER_KERNEL,
		[12] = LAYER_KERNEL,	[13] = LAYER_KERNEL,	[14] = LAYER_BOOT_CHAIN,
		[15] = LAYER_KERNEL,
	};

	return pcr < PCR_COUNT ? layers[pcr] : LAYER_FIRMWARE;
}

static bool type_is_named(uint32_t type, struct span name)
{
	const char *known = boot_event_name(type);

	return known != NULL && span_equal(name, span_text(known));
}

enum status boot_event_type_named(struct span name, uint32_t *out)
{
	/* TCG PFP 10.4.1: numbers below 0x20 and from 0x80000000 to 0x800000ff. */
	for (uint32_t low = 0; low < 0x100; low++) {
		if (low < 0x20 && type_is_named(low, name)) {
			*out = low;
			return OK;
		}
		if (type_is_named(0x80000000u + low, name)) {
			*out = 0x80000000u + low;
			return OK;
		}
	}
	if (!span_equal(name, span_text("any")))
		return STATUS_NOT_FOUND;
	*out = 0;
	return OK;
}

static bool pcr_has_rules(uint8_t pcr)
{
	/* 10 is IMA's, 16 and 23 can be reset by anyone (TCG PTP 3.6). */
	return pcr != 10 && pcr != 16 && pcr != 23;
}

static uint8_t read_pcr(struct strict_cursor *rule)
{
	uint8_t pcr = (uint8_t)strict_uint(rule, "pcr", 0, PCR_COUNT - 1);

	if (!pcr_has_rules(pcr))
		strict_fail(rule, "pcr", STATUS_MALFORMED, "out-of-range");
	return pcr;
}

static uint32_t read_type(struct strict_cursor *rule)
{
	uint32_t type = 0;
	struct span name = strict_text(rule, "type", 64);

	if (name.len > 0 && boot_event_type_named(name, &type) != OK)
		strict_fail(rule, "type", STATUS_MALFORMED, "bad-value");
	return type;
}

static enum layer read_layer(struct strict_cursor *rule, uint8_t pcr)
{
	enum layer layer = manifest_default_layer(pcr);

	if (strict_has(rule, "layer") && layer_named(strict_text(rule, "layer", 32), &layer) != OK)
		strict_fail(rule, "layer", STATUS_MALFORMED, "bad-value");
	return layer;
}

/* One rule of the arrays "chain", "events" and "ignore". */
enum rule_kind {
	RULE_CHAIN,
	RULE_EVENT,
	RULE_IGNORE,
};

static void read_rule(struct strict_cursor *rule, enum rule_kind kind, struct image_builder *image)
{
	struct boot_rule out = { .pcr = read_pcr(rule) };
	const char *digests = kind == RULE_CHAIN ? "authenticode" : "digests";

	/* A chain's images are what firmware and shim measure as they start them. */
	out.type = kind == RULE_CHAIN ? EV_EFI_BOOT_SERVICES_APPLICATION : read_type(rule);
	if (kind != RULE_IGNORE || strict_has(rule, "name"))
		out.name = strict_text(rule, "name", 128);
	out.layer = read_layer(rule, out.pcr);
	out.is_required = kind == RULE_CHAIN;
	if (kind == RULE_EVENT && strict_has(rule, "required"))
		out.is_required = strict_bool(rule, "required");
	if (kind != RULE_IGNORE) {
		out.digests = manifest_digests(rule, digests, DIGESTS_MAX, image);
		/* Without digests it would be an ignore that nobody sees as one. */
		if (out.digests.count == 0)
			strict_fail(rule, digests, STATUS_MALFORMED, "empty");
	}
	(void)strict_end(rule);
	(void)image_boot_rule(image, &out);
}

static struct ref_range read_rules(struct strict_cursor *boot, const char *name,
				   enum rule_kind kind, struct image_builder *image)
{
	struct ref_range range = image_boot_rules_from_here(image);

	if (!strict_has(boot, name))
		return (struct ref_range){ 0 };

	struct strict_cursor list = strict_array(boot, name, BOOT_RULES_MAX);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor rule = strict_element_object(&list, i);

		read_rule(&rule, kind, image);
		range.count++;
	}
	return range;
}

/* "pcrs": final values for PCRs whose events cannot be replayed. */
static struct ref_range read_pcr_values(struct strict_cursor *boot, struct image_builder *image)
{
	struct ref_range range = image_boot_rules_from_here(image);
	const char *name;

	if (!strict_has(boot, "pcrs"))
		return (struct ref_range){ 0 };

	struct strict_cursor pcrs = strict_object(boot, "pcrs");
	for (size_t i = 0; (name = strict_name_at(&pcrs, i)) != NULL; i++) {
		struct boot_rule rule = { .name = span_text(name), .is_required = true };
		uint64_t pcr = 0;

		if (decimal_parse(rule.name, PCR_COUNT - 1, &pcr) != OK ||
		    !pcr_has_rules((uint8_t)pcr))
			strict_fail(&pcrs, name, STATUS_MALFORMED, "out-of-range");
		rule.pcr = (uint8_t)pcr;
		rule.layer = manifest_default_layer(rule.pcr);
		rule.digests = manifest_digests(&pcrs, name, 64, image);
		if (rule.digests.count == 0)
			strict_fail(&pcrs, name, STATUS_MALFORMED, "empty");
		(void)image_boot_rule(image, &rule);
		range.count++;
	}
	(void)strict_end(&pcrs);
	return range;
}

/* Lines of "component,generation[,...]". */
static bool sbat_is_valid(struct span text)
{
	struct span line;
	struct span component;
	struct span generation;
	uint64_t number;

	while (text_next_line(&text, &line))
		if (!text_next_word(&line, ',', &component) || component.len == 0 ||
		    !text_next_word(&line, ',', &generation) ||
		    decimal_parse(generation, UINT32_MAX, &number) != OK)
			return false;
	return true;
}

static void read_minimums(struct strict_cursor *boot, struct image_builder *image,
			  struct boot_rules *out)
{
	out->pk = manifest_digests(boot, "pk", 64, image);
	out->kek = manifest_digests(boot, "kek", 64, image);
	out->db = manifest_digests(boot, "db", 256, image);
	out->dbx_minimum = manifest_digests(boot, "dbxMinimum", DIGESTS_MAX, image);
	/* With Secure Boot, leaving a minimum out has to be said. */
	if (out->secure_boot && !strict_has(boot, "dbxMinimum"))
		strict_fail(boot, "dbxMinimum", STATUS_MALFORMED, "missing-field");
	if (out->secure_boot || strict_has(boot, "sbatMinimum"))
		out->sbat_minimum = strict_any_text(boot, "sbatMinimum", 8192);
	if (!sbat_is_valid(out->sbat_minimum))
		strict_fail(boot, "sbatMinimum", STATUS_MALFORMED, "bad-value");
}

void manifest_read_boot(struct strict_cursor *boot, struct image_builder *image,
			struct boot_rules *out)
{
	static const char *const lockdowns[] = { "none", "integrity", "confidentiality", NULL };

	out->secure_boot = strict_bool(boot, "secureBoot");
	out->lockdown = (enum lockdown)strict_choice(boot, "lockdown", lockdowns);
	read_minimums(boot, image, out);
	out->chain = read_rules(boot, "chain", RULE_CHAIN, image);
	out->events = read_rules(boot, "events", RULE_EVENT, image);
	out->ignore = read_rules(boot, "ignore", RULE_IGNORE, image);
	out->pcrs = read_pcr_values(boot, image);
	out->cmdline = manifest_texts(boot, "cmdline", 64, 4096, image);
	out->initrd = manifest_digests(boot, "initrd", BOOT_INITRDS_MAX, image);
}
