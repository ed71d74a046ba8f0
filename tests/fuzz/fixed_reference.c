/* SPDX-License-Identifier: Apache-2.0 */
#include "fixed_reference.h"

#include <stdlib.h>
#include <string.h>

#include "tpm/boot_log.h"

static const char set_file[] =
	"0000000000000000000000000000000000000000000000000000000000000001  /sbin/init\n";

static struct ref_range one_text(struct image_builder *image, const char *text)
{
	struct ref_range range = image_texts_from_here(image);

	(void)image_text(image, span_text(text));
	range.count = 1;
	return range;
}

static struct ref_range one_digest(struct image_builder *image, uint8_t fill)
{
	struct ref_range range = image_digests_from_here(image);
	struct digest digest = digest_filled(DIGEST_SHA256, fill);

	(void)image_digest(image, &digest);
	range.count = 1;
	return range;
}

static struct ref_range one_rule(struct image_builder *image, uint8_t pcr, uint32_t type,
				 struct ref_range digests)
{
	struct boot_rule rule = {
		.pcr = pcr, .type = type, .digests = digests, .layer = LAYER_FIRMWARE
	};
	struct ref_range range = image_boot_rules_from_here(image);

	(void)image_boot_rule(image, &rule);
	range.count = 1;
	return range;
}

static struct boot_rules boot_rules(struct image_builder *image)
{
	return (struct boot_rules){
		.secure_boot = true,
		.lockdown = LOCKDOWN_INTEGRITY,
		.pk = one_digest(image, 1),
		.kek = one_digest(image, 2),
		.db = one_digest(image, 3),
		.dbx_minimum = one_digest(image, 4),
		.sbat_minimum = span_text("sbat,1,2025021800\nshim,4\n"),
		.chain = one_rule(image, 4, EV_EFI_BOOT_SERVICES_APPLICATION, one_digest(image, 5)),
		.events = one_rule(image, 5, 0, one_digest(image, 6)),
		.ignore = one_rule(image, 8, EV_IPL, (struct ref_range){ 0 }),
		.cmdline = one_text(image, "root=UUID={uuid} ro"),
		.initrd = one_digest(image, 7),
	};
}

static struct ima_rules ima_rules(struct image_builder *image, uint32_t set)
{
	return (struct ima_rules){
		.templates = one_text(image, "ima-sig"),
		.hash = DIGEST_SHA256,
		.policy_path = span_text("/etc/ima/ima-policy"),
		.policy_digests = one_digest(image, 8),
		.keyrings = one_text(image, ".ima"),
		.keyring_digests = one_digest(image, 9),
		.sets = { set, 1 },
		.early = { set, 1 },
		.exclude = one_text(image, "/var/log"),
	};
}

static void add_release(struct image_builder *image)
{
	struct reference_set set = { .digest = digest_filled(DIGEST_SHA256, 10) };
	struct file_table_result table;
	struct release release = {
		.manifest = digest_filled(DIGEST_SHA256, 11),
		.line = span_text("line"),
		.version = 1,
		.state = RELEASE_CURRENT,
		.platform = span_text("platform"),
		.kernel = span_text("kernel"),
		.not_after = INT64_MAX,
		.accept_until = INT64_MAX,
	};

	if (image_file_table(image, span_text(set_file), &set.digest, &table) != OK)
		abort();
	set.table = table.table;
	set.files = table.files;
	set.name = span_text("base.files");
	set.must_appear = one_text(image, "/sbin/init");
	release.boot = boot_rules(image);
	release.ima = ima_rules(image, image_set(image, &set));
	(void)image_release(image, &release);
}

static void make(struct fixed_reference *out)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct reference_facts facts = { .root_version = 1, .index_version = 1 };
	struct layer_owner owner = { span_text("team"), span_text("backup"), span_text("phone") };
	struct node_class row = {
		.name = span_text("server"),
		.trust_domain = span_text("example.org"),
		.bank = DIGEST_SHA256,
		.select = 0x6fff,
		.policy_pcrs = 0x4090,
		.cap = 13,
		.grant_lifetime_s = 600,
		.attest_interval_s = 300,
	};

	facts.valid_until = 2 * FIXED_NOW;
	if (image_builder_init(&image) != OK)
		abort();
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	row.cells = one_text(&image, "platform/kernel");
	row.id_patterns = one_text(&image, "spiffe://example.org/**");
	(void)image_class(&image, &row);
	add_release(&image);
	if (image_finish(&image, &facts, &out->image) != OK ||
	    reference_open(span_of(&out->image), &out->reference) != OK ||
	    reference_class(&out->reference, 0, &out->node_class) != OK)
		abort();
}

const struct fixed_reference *fixed_reference(void)
{
	static struct fixed_reference made;

	if (made.image.len == 0)
		make(&made);
	return &made;
}
