/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "golden_release.h"

#include "capture.h"
#include "tpm/boot_payload.h"

static void add_digest(struct golden_digests *to, const struct digest *digest)
{
	assert_true(to->count < GOLDEN_DIGESTS_MAX);
	to->item[to->count++] = *digest;
}

static void add_rule(struct golden_rules *to, const struct boot_event *event, bool is_required)
{
	const struct digest *digest = boot_event_digest(event, DIGEST_SHA256);

	assert_non_null(digest);
	assert_true(to->count < GOLDEN_RULES_MAX);
	to->item[to->count++] = (struct golden_rule){
		.pcr = (uint8_t)event->pcr,
		.type = event->type,
		.digest = *digest,
		.is_required = is_required,
	};
}

static void add_entries(struct golden_digests *to, struct span content)
{
	struct signature_list list = signature_list_over(content);
	struct signature_entry entry;
	struct digest digest;

	while (signature_list_next(&list, &entry) == OK) {
		if (signature_entry_is_sha256(&entry))
			assert_int_equal(digest_from(DIGEST_SHA256, entry.content, &digest), OK);
		else
			assert_int_equal(digest_of(DIGEST_SHA256, entry.content, &digest), OK);
		add_digest(to, &digest);
	}
}

static bool collect_variable(struct golden_manifest *m, const struct boot_event *event)
{
	struct uefi_variable v;

	if (event->pcr != 7 || uefi_variable_parse(event->payload, &v) != OK)
		return false;
	if (event->type == EV_EFI_VARIABLE_AUTHORITY)
		return uefi_variable_is_named(&v, "db") || uefi_variable_is_named(&v, "SbatLevel");
	if (uefi_variable_is_named(&v, "PK"))
		add_entries(&m->pk, v.content);
	else if (uefi_variable_is_named(&v, "KEK"))
		add_entries(&m->kek, v.content);
	else if (uefi_variable_is_named(&v, "db"))
		add_entries(&m->db, v.content);
	else if (uefi_variable_is_named(&v, "dbx"))
		add_entries(&m->dbx, v.content);
	return true;
}

/* The last file that GRUB read is the initrd. */
static void collect_event(struct golden_manifest *m, const struct boot_event *event)
{
	if (!boot_event_extends(event) || event->type == EV_SEPARATOR)
		return;
	if (collect_variable(m, event))
		return;
	if (event->type == EV_EFI_BOOT_SERVICES_APPLICATION) {
		const struct digest *digest = boot_event_digest(event, DIGEST_SHA256);

		if (m->chain.count == 0 ||
		    !digest_equal(&m->chain.item[m->chain.count - 1].digest, digest))
			add_rule(&m->chain, event, true);
		return;
	}
	if (event->pcr == 9 && span_starts_with(event->payload, "/initrd")) {
		add_digest(&m->initrd, boot_event_digest(event, DIGEST_SHA256));
		return;
	}
	if (event->pcr == 8 && span_starts_with(event->payload, "kernel_cmdline: "))
		return;
	add_rule(&m->events, event, event->pcr != 1);
}

static void collect_boot(struct golden *g, struct golden_manifest *m)
{
	struct boot_log log;
	struct boot_event event;

	assert_int_equal(boot_log_open(span_of(&g->boot_log), &log), OK);
	while (boot_log_next(&log, &event) == OK)
		collect_event(m, &event);
}

void golden_set_add(struct bytes *set, const struct digest *digest, const char *path)
{
	assert_int_equal(hex_append(set, digest_span(digest)), OK);
	assert_int_equal(bytes_printf(set, "  %s\n", path), OK);
}

void golden_set_drop(struct bytes *set, const char *path)
{
	struct bytes kept = { 0 };
	struct span rest = span_of(set);
	struct span line;

	while (text_next_line(&rest, &line)) {
		struct span name = { line.data + 66, line.len - 66 };

		if (span_equal(name, span_text(path)))
			continue;
		assert_int_equal(bytes_append(&kept, line), OK);
		assert_int_equal(bytes_append_byte(&kept, '\n'), OK);
	}
	bytes_done(set);
	*set = kept;
}

/* What ran before the policy's own entry. */
static void collect_early(struct golden *g, struct golden_manifest *m)
{
	struct ima_log log;
	struct ima_entry entry;

	assert_int_equal(ima_log_open(span_of(&g->ima_log), DIGEST_SHA1, 0, &log), OK);
	while (ima_log_next(&log, &entry) == OK) {
		AUTO(char) path = NULL;
		struct digest digest;

		assert_int_equal(bytes_text(entry.path, &path), OK);
		assert_int_equal(digest_from(entry.file_alg, entry.file_digest, &digest), OK);
		if (strcmp(path, GOLDEN_POLICY) == 0)
			return;
		if (entry.index > 0)
			golden_set_add(&m->early, &digest, path);
	}
}

void golden_init(struct golden *g)
{
	AUTO_DONE(bytes) policy = capture("ima-policy");
	struct golden_manifest *m = &g->manifest[0];
	struct digest digest;

	*g = (struct golden){
		.boot_log = capture("boot_log.bin"),
		.ima_log = capture("ima.bin"),
		.values = captured_pcrs(),
		.cell = GOLDEN_CELL,
		.patterns = { "spiffe://prod.example/**" },
		.manifest_count = 1,
	};
	g->node_class = (struct node_class){
		.bank = DIGEST_SHA256,
		.select = GOLDEN_SELECT,
		.policy_pcrs = 0x4090,
		.cap = 13,
		.grant_lifetime_s = 600,
		.attest_interval_s = 300,
	};
	*m = (struct golden_manifest){
		.version = 42,
		.state = RELEASE_CURRENT,
		.not_after = GOLDEN_NOW + 86400,
		.accept_until = INT64_MAX,
		.secure_boot = true,
		.lockdown = LOCKDOWN_INTEGRITY,
		.sbat = "sbat,1,2025021800\nshim,4\ngrub,5\n",
		.cmdline = GOLDEN_CMDLINE,
		.templates = { "ima-sig", "ima-sigv2" },
		.hash = DIGEST_SHA256,
		.base = capture("artifacts.sha256"),
	};
	collect_boot(g, m);
	collect_early(g, m);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&policy), &digest), OK);
	add_digest(&m->policy, &digest);
}

void golden_done(struct golden *g)
{
	bytes_done(&g->boot_log);
	bytes_done(&g->ima_log);
	bytes_done(&g->image);
	bytes_done(&g->previous);
	for (size_t i = 0; i < g->manifest_count; i++) {
		bytes_done(&g->manifest[i].early);
		bytes_done(&g->manifest[i].base);
	}
}

struct golden_manifest *golden_update(struct golden *g)
{
	struct golden_manifest *newer = &g->manifest[1];

	*newer = g->manifest[0];
	newer->base = (struct bytes){ 0 };
	newer->early = (struct bytes){ 0 };
	assert_int_equal(bytes_copy(span_of(&g->manifest[0].base), &newer->base), OK);
	assert_int_equal(bytes_copy(span_of(&g->manifest[0].early), &newer->early), OK);
	newer->version++;
	g->manifest[0].state = RELEASE_PREVIOUS;
	g->manifest_count = 2;
	return newer;
}

static struct ref_range build_texts(struct image_builder *image, const char *const *texts,
				    size_t max)
{
	struct ref_range range = image_texts_from_here(image);

	for (size_t i = 0; i < max && texts[i] != NULL; i++, range.count++)
		(void)image_text(image, span_text(texts[i]));
	return range;
}

static struct ref_range build_text(struct image_builder *image, const char *text)
{
	return build_texts(image, &text, 1);
}

static struct ref_range build_digests(struct image_builder *image,
				      const struct golden_digests *digests)
{
	struct ref_range range = image_digests_from_here(image);

	for (size_t i = 0; i < digests->count; i++, range.count++)
		(void)image_digest(image, &digests->item[i]);
	return range;
}

static struct ref_range build_rules(struct image_builder *image, const struct golden_rules *rules)
{
	struct ref_range digests[GOLDEN_RULES_MAX];

	for (size_t i = 0; i < rules->count; i++) {
		struct golden_digests one = { .count = rules->item[i].digest.alg != DIGEST_NONE };

		one.item[0] = rules->item[i].digest;
		digests[i] = build_digests(image, &one);
	}
	struct ref_range range = image_boot_rules_from_here(image);

	for (size_t i = 0; i < rules->count; i++, range.count++) {
		struct boot_rule rule = {
			.pcr = rules->item[i].pcr,
			.type = rules->item[i].type,
			.name = span_text("rule"),
			.digests = digests[i],
			.layer = LAYER_BOOT_CHAIN,
			.is_required = rules->item[i].is_required,
		};
		(void)image_boot_rule(image, &rule);
	}
	return range;
}

static int compare_lines(const void *a, const void *b)
{
	return span_compare(*(const struct span *)a, *(const struct span *)b);
}

static void sorted(const struct bytes *set, struct bytes *out)
{
	struct span lines[512];
	struct span rest = span_of(set);
	size_t count = 0;

	while (text_next_line(&rest, &lines[count]))
		assert_true(++count < sizeof(lines) / sizeof(lines[0]));
	qsort(lines, count, sizeof(lines[0]), compare_lines);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(bytes_append(out, lines[i]), OK);
		assert_int_equal(bytes_append_byte(out, '\n'), OK);
	}
}

static uint32_t build_set(struct image_builder *image, const struct bytes *set,
			  struct ref_range must_appear, enum set_class class)
{
	AUTO_DONE(bytes) lines = { 0 };
	struct file_table_result result = { 0 };
	struct reference_set row = { .class = class, .must_appear = must_appear };
	uint32_t index;

	sorted(set, &lines);
	assert_int_equal(digest_of(DIGEST_SHA256, span_of(&lines), &row.digest), OK);
	assert_int_equal(image_file_table(image, span_of(&lines), &row.digest, &result), OK);
	row.name = span_text("files");
	row.table = result.table;
	row.files = result.files;
	index = image_set(image, &row);
	return index;
}

static struct release_scope build_scope(struct image_builder *image,
					const struct golden_manifest *m)
{
	struct golden_digests nodes = { .count = m->scope_node != NULL };
	struct release_scope scope = { .is_emergency = m->scope_class != NULL, .most_nodes = 1 };

	if (m->scope_class == NULL)
		return (struct release_scope){ 0 };
	if (m->scope_node != NULL)
		nodes.item[0] = *m->scope_node;
	scope.classes = build_text(image, m->scope_class);
	scope.nodes = build_digests(image, &nodes);
	return scope;
}

static void build_release(struct image_builder *image, const struct golden_manifest *m)
{
	struct release row = {
		.line = span_text("line"),
		.version = m->version,
		.state = m->state,
		.platform = span_text("q35"),
		.kernel = span_text(CAPTURE_KERNEL),
		.not_before = m->not_before,
		.not_after = m->not_after,
		.accept_until = m->accept_until,
		.rolled_back_from = m->rolled_back_from,
		.scope = build_scope(image, m),
		.manifest = digest_filled(DIGEST_SHA256, (uint8_t)m->version),
	};

	row.boot.secure_boot = m->secure_boot;
	row.boot.lockdown = m->lockdown;
	row.boot.pk = build_digests(image, &m->pk);
	row.boot.kek = build_digests(image, &m->kek);
	row.boot.db = build_digests(image, &m->db);
	row.boot.dbx_minimum = build_digests(image, &m->dbx);
	row.boot.initrd = build_digests(image, &m->initrd);
	row.boot.sbat_minimum = span_text(m->sbat);
	row.boot.chain = build_rules(image, &m->chain);
	row.boot.events = build_rules(image, &m->events);
	row.boot.ignore = build_rules(image, &m->ignore);
	row.boot.pcrs = build_rules(image, &m->pcrs);
	row.boot.cmdline =
		build_texts(image, (const char *const[]){ m->cmdline, m->other_cmdline }, 2);
	row.ima.templates = build_texts(image, m->templates, 3);
	row.ima.hash = m->hash;
	row.ima.policy_path = span_text(m->policy.count == 0 ? NULL : GOLDEN_POLICY);
	row.ima.policy_digests = build_digests(image, &m->policy);
	row.ima.tolerate_violations = m->tolerate_violations;
	row.ima.allow_builtin_policy = m->allow_builtin_policy;
	row.ima.keyrings = build_text(image, m->keyring);
	row.ima.keyring_digests = build_digests(image, &m->keys);
	row.ima.exclude = build_text(image, m->exclude);

	struct ref_range required = build_texts(image, m->must_appear, 3);

	row.ima.sets = (struct ref_range){ build_set(image, &m->base, required, m->base_class), 1 };
	row.ima.early =
		(struct ref_range){ build_set(image, &m->early, (struct ref_range){ 0 }, SET_BASE),
				    1 };
	(void)image_release(image, &row);
}

void golden_build(struct golden *g)
{
	AUTO_DONE(image_builder) image = { 0 };
	struct reference_facts facts = { .root_version = 1, .index_version = 1 };
	struct layer_owner owner = { span_text("team"), span_text("backup"), span_text("phone") };
	struct node_class row = g->node_class;

	facts.valid_until = GOLDEN_NOW + 3600;
	assert_int_equal(image_builder_init(&image), OK);
	for (int i = 0; i < LAYERS; i++)
		(void)image_owner(&image, &owner);
	row.name = span_text("server");
	row.trust_domain = span_text("prod.example");
	row.id_patterns = build_texts(&image, g->patterns, 3);
	row.cells = build_text(&image, g->cell);
	if (g->blocked != NULL)
		row.blocked = build_text(&image, g->blocked);
	row.firmware_deny = image_firmware_deny_from_here(&image);
	if (g->has_deny) {
		(void)image_firmware_deny(&image, &g->deny);
		row.firmware_deny.count = 1;
	}
	(void)image_class(&image, &row);
	/* Newest first. */
	for (size_t i = g->manifest_count; i-- > 0;)
		build_release(&image, &g->manifest[i]);
	for (size_t i = 0; i < g->revoked.count; i++)
		image_revoked_file(&image, digest_span(&g->revoked.item[i]));
	if (g->revoked_node != NULL)
		image_revoked_node(&image, node_id_span(g->revoked_node));
	bytes_done(&g->previous);
	g->previous = g->image;
	g->image = (struct bytes){ 0 };
	assert_int_equal(image_finish(&image, &facts, &g->image), OK);
	assert_int_equal(reference_open(span_of(&g->image), &g->reference), OK);
	assert_int_equal(reference_class_named(&g->reference, span_text("server"), &g->built), OK);
}
