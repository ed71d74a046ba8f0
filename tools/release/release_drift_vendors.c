/* SPDX-License-Identifier: Apache-2.0 */
/* Whose files are in force that are not built here, and who answers for them. */
#include <string.h>

#include "tools/release/release_drift.h"

static json_t *text_json(struct span text)
{
	return json_stringn((const char *)text.data, text.len);
}

/* What a manifest in force has of this vendor; it just loaded. */
static void add_delivered(const struct drift_input *input, const struct release *release,
			  struct span vendor, json_t *out)
{
	const struct release_line line = { .directory = input->directory };
	const struct sha256_text digest = sha256_hex(&release->manifest);
	AUTO(json_t)
	manifest = line_predicate(line_path(&line, "manifests/%s.json", digest.hex).text);
	json_t *set;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(manifest, "ima"), "sets"), i, set)
	{
		json_t *origin = json_object_get(set, "vendor");
		const char *name = json_string_value(json_object_get(origin, "name"));

		if (name == NULL || !span_equal(span_text(name), vendor))
			continue;
		(void)json_array_append_new(out, json_pack("{s:o, s:o, s:I, s:O}", "platform",
							   text_json(release->platform), "kernel",
							   text_json(release->kernel), "version",
							   (json_int_t)release->version, "artifact",
							   json_object_get(origin, "artifact")));
	}
}

static json_t *vendor_json(const struct drift_input *input, const struct vendor *vendor)
{
	json_t *delivered = json_array();
	json_t *openpgp = json_array();

	for (uint32_t i = 0; i < reference_facts(input->reference).release_count; i++) {
		struct release release;

		if (reference_release(input->reference, i, &release) == OK)
			add_delivered(input, &release, vendor->name, delivered);
	}
	for (size_t i = 0; i < vendor->openpgp_count; i++)
		(void)json_array_append_new(openpgp, text_json(vendor->openpgp[i]));
	return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o}", "owner", text_json(vendor->owner.owner),
			 "backup", text_json(vendor->owner.backup), "escalation",
			 text_json(vendor->owner.escalation), "keys", (json_int_t)vendor->key_count,
			 "openpgp", openpgp, "delivered", delivered);
}

json_t *drift_vendors(const struct drift_input *input)
{
	const struct vendors *vendors = &input->root->vendors;
	json_t *out = json_object();

	for (size_t i = 0; i < vendors->count; i++) {
		char name[VENDOR_NAME_MAX + 1];

		(void)snprintf(name, sizeof(name), "%.*s", (int)vendors->vendor[i].name.len,
			       (const char *)vendors->vendor[i].name.data);
		(void)json_object_set_new(out, name, vendor_json(input, &vendors->vendor[i]));
	}
	return out;
}

void drift_print_vendors(json_t *vendors)
{
	const char *name;
	json_t *vendor, *item;
	size_t i;

	json_object_foreach(vendors, name, vendor)
	{
		json_t *delivered = json_object_get(vendor, "delivered");

		printf("vendor: %s, %zu deliveries in force, %s answers for them (%s)\n", name,
		       json_array_size(delivered),
		       json_string_value(json_object_get(vendor, "owner")),
		       json_string_value(json_object_get(vendor, "escalation")));
		json_array_foreach(delivered, i, item)
			printf("  %s/%s version %lld: sha256:%s\n",
			       json_string_value(json_object_get(item, "platform")),
			       json_string_value(json_object_get(item, "kernel")),
			       (long long)json_integer_value(json_object_get(item, "version")),
			       json_string_value(json_object_get(item, "artifact")));
	}
}
