/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/manifest.h"

#include <string.h>

static void read_policy(struct strict_cursor *ima, struct image_builder *image,
			struct ima_rules *out)
{
	/* A built-in policy is nobody's file; without one, a file is wanted. */
	if (out->allow_builtin_policy && !strict_has(ima, "policy"))
		return;

	struct strict_cursor policy = strict_object(ima, "policy");
	struct strict_cursor list;

	out->policy_path = strict_text_as(&policy, "path", SET_PATH_MAX, set_path_is_valid);
	out->policy_digests = image_digests_from_here(image);
	list = strict_array(&policy, "sha256", 64);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct digest digest = strict_element_sha256(&list, i);

		(void)image_digest(image, &digest);
		out->policy_digests.count++;
	}
	if (strict_count(&list) == 0)
		strict_fail(&policy, "sha256", STATUS_MALFORMED, "empty");
	(void)strict_end(&policy);
}

static void read_early(struct strict_cursor *ima, struct manifest *out)
{
	if (!strict_has(ima, "early"))
		return;

	struct strict_cursor early = strict_array(ima, "early", MANIFEST_SETS_MAX);
	for (size_t i = 0; i < strict_count(&early); i++) {
		struct span name = strict_element_text(&early, i, 64);
		bool is_known = false;

		for (size_t j = 0; j < out->set_count; j++) {
			if (!span_equal(out->set[j].name, name))
				continue;
			is_known = true;
			out->set[j].is_early = true;
		}
		if (!is_known)
			strict_fail(&early, NULL, STATUS_MALFORMED, "unknown-set");
	}
}

/* Pairs of a keyring's name and a key's digest. */
static void read_keyrings(struct strict_cursor *ima, struct image_builder *image,
			  struct ima_rules *out)
{
	const char *name;

	if (!strict_has(ima, "keyrings"))
		return;

	struct strict_cursor keyrings = strict_object(ima, "keyrings");
	out->keyrings = image_texts_from_here(image);
	out->keyring_digests = image_digests_from_here(image);
	for (size_t i = 0; (name = strict_name_at(&keyrings, i)) != NULL; i++) {
		uint32_t count;

		if (!target_is_valid(span_text(name)))
			strict_fail(&keyrings, name, STATUS_MALFORMED, "bad-value");
		count = manifest_digests(&keyrings, name, 64, image).count;
		for (uint32_t j = 0; j < count; j++)
			(void)image_text(image, span_text(name));
		out->keyrings.count += count;
		out->keyring_digests.count += count;
	}
	(void)strict_end(&keyrings);
}

/* Where programs, libraries, keys and the means of enforcement live. */
static const char *const never_excluded[] = { "/usr",	"/bin",	   "/sbin", "/lib",	   "/lib32",
					      "/lib64", "/libx32", "/boot", "/etc",	   "/dev",
					      "/proc",	"/sys",	   "/init", "/opt/attestd" };

static bool covers(struct span prefix, struct span path)
{
	return path_is_within(path, prefix) || path_is_within(prefix, path);
}

/* A prefix is whole components, at least two ("/var/log/"), and reaches no place
 * where identity, enforcement, libraries or the system live. */
static bool exclude_is_valid(struct span prefix)
{
	if (prefix.len < 2 || prefix.data[prefix.len - 1] != '/')
		return false;
	prefix.len--;
	if (!set_path_is_valid(prefix) || memchr(prefix.data + 1, '/', prefix.len - 1) == NULL)
		return false;
	for (size_t i = 0; i < sizeof(never_excluded) / sizeof(never_excluded[0]); i++)
		if (covers(prefix, span_text(never_excluded[i])))
			return false;
	return true;
}

static void read_excludes(struct strict_cursor *ima, struct image_builder *image,
			  struct ima_rules *out)
{
	if (!strict_has(ima, "exclude"))
		return;

	struct strict_cursor list = strict_array(ima, "exclude", 64);
	out->exclude = image_texts_from_here(image);
	for (size_t i = 0; i < strict_count(&list); i++) {
		struct strict_cursor one = strict_element_object(&list, i);
		struct span prefix = strict_text_as(&one, "prefix", SET_PATH_MAX, exclude_is_valid);

		(void)strict_end(&one);
		(void)image_logged_path(image, prefix);
		out->exclude.count++;
	}
	/* Under a policy that measures execution alone, whatever is logged was
	 * run: there is nothing that an exclude could be meant for. */
	if (out->exclude.count > 0 && !out->allow_builtin_policy)
		strict_fail(ima, "exclude", STATUS_MALFORMED, "exclude-hides-execution");
}

/* What must be seen loaded has to be there to be seen. */
static void check_must_appear(struct strict_cursor *ima, const struct image_builder *image,
			      const struct manifest *manifest)
{
	const struct ima_rules *rules = &manifest->release.ima;

	for (size_t i = 0; i < manifest->set_count; i++) {
		const struct ref_range paths = manifest->set[i].must_appear;

		for (uint32_t j = 0; j < paths.count; j++) {
			struct span path = image_text_at(image, paths.first + j);

			for (uint32_t k = 0; k < rules->exclude.count; k++) {
				struct span prefix = image_text_at(image, rules->exclude.first + k);

				prefix.len -= prefix.len > 0;
				if (path_is_within(path, prefix))
					strict_fail(ima, "exclude", STATUS_MALFORMED,
						    "exclude-covers-identity");
			}
		}
	}
}

void manifest_read_ima(struct strict_cursor *ima, struct image_builder *image, struct manifest *out)
{
	static const char *const hashes[] = { "sha256", NULL };
	static const char *const violations[] = { "refuse", "tolerate", NULL };
	struct ima_rules *rules = &out->release.ima;

	rules->templates = manifest_texts(ima, "templates", 16, 255, image);
	if (rules->templates.count == 0)
		strict_fail(ima, "templates", STATUS_MALFORMED, "missing-field");
	(void)strict_choice(ima, "hash", hashes);
	rules->hash = DIGEST_SHA256;
	rules->tolerate_violations = strict_choice(ima, "violations", violations) == 1;
	rules->allow_builtin_policy = strict_bool(ima, "allowBuiltinPolicy");
	if (strict_has(ima, "modulesDisabled"))
		rules->modules_disabled = strict_bool(ima, "modulesDisabled");
	read_policy(ima, image, rules);
	read_early(ima, out);
	read_keyrings(ima, image, rules);
	read_excludes(ima, image, rules);
	check_must_appear(ima, image, out);
}
