/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/documents/provenance.h"

#include "policies/documents/manifest.h"

#define URI_MAX 2048
#define CHAIN_DIGESTS_MAX 4096

void provenance_done(struct provenance *provenance)
{
	bytes_done(&provenance->inputs);
	bytes_done(&provenance->outputs);
}

static bool has(const struct bytes *list, struct span sha256)
{
	for (size_t at = 0; at < list->len; at += SHA256_SIZE)
		if (span_equal((struct span){ list->data + at, SHA256_SIZE }, sha256))
			return true;
	return false;
}

static bool has_output(const struct provenance *p, struct span sha256)
{
	return has(&p->outputs, sha256);
}

bool provenance_has_input(const struct provenance *provenance, const struct digest *input)
{
	return has(&provenance->inputs, digest_span(input));
}

/* A name that SLSA and in-toto leave to others: taken, never read. */
static void pass_over(struct strict_cursor *object, const char *name)
{
	if (strict_has(object, name))
		(void)strict_object(object, name);
}

static void read_text(struct strict_cursor *object, const char *name)
{
	if (strict_has(object, name))
		(void)strict_any_text(object, name, URI_MAX);
}

static void keep_input(struct strict_cursor *digests, struct provenance *out)
{
	struct digest digest = strict_sha256(digests, "sha256");

	if (bytes_make_room(&out->inputs, SHA256_SIZE) != OK ||
	    bytes_append(&out->inputs, (struct span){ digest.value, SHA256_SIZE }) != OK)
		strict_fail(digests, NULL, STATUS_NO_MEMORY, "source-failed");
}

/* An in-toto resource descriptor. What it is called pins nothing: its digest does. */
static void read_input(struct strict_cursor *inputs, size_t i, struct provenance *out)
{
	struct strict_cursor input = strict_element_object(inputs, i);

	read_text(&input, "name");
	read_text(&input, "uri");
	read_text(&input, "downloadLocation");
	read_text(&input, "mediaType");
	pass_over(&input, "annotations");
	if (strict_has(&input, "digest")) {
		struct strict_cursor digest = strict_object(&input, "digest");

		if (strict_has(&digest, "sha256"))
			keep_input(&digest, out);
		else
			strict_fail(&digest, NULL, STATUS_DENIED, "input-not-pinned");
		read_text(&digest, "sha512");
		read_text(&digest, "gitCommit");
		(void)strict_end(&digest);
	} else {
		strict_fail(&input, NULL, STATUS_DENIED, "input-not-pinned");
	}
	(void)strict_end(&input);
}

static void read_definition(struct strict_cursor *predicate, struct provenance *out)
{
	struct strict_cursor definition = strict_object(predicate, "buildDefinition");

	(void)strict_text(&definition, "buildType", URI_MAX);
	(void)strict_object(&definition, "externalParameters");
	pass_over(&definition, "internalParameters");

	struct strict_cursor inputs =
		strict_array(&definition, "resolvedDependencies", PROVENANCE_INPUTS_MAX);
	out->input_count = strict_count(&inputs);
	if (out->input_count == 0)
		strict_fail(&inputs, NULL, STATUS_DENIED, "input-not-pinned");
	for (size_t i = 0; i < out->input_count; i++)
		read_input(&inputs, i, out);
	(void)strict_end(&definition);
}

static void read_run(struct strict_cursor *predicate, struct provenance *out)
{
	struct strict_cursor run = strict_object(predicate, "runDetails");
	struct strict_cursor builder = strict_object(&run, "builder");

	out->builder = strict_text(&builder, "id", ROOT_BUILDER_MAX);
	pass_over(&builder, "version");
	(void)strict_end(&builder);
	pass_over(&run, "metadata");
	(void)strict_end(&run);
}

/* An image's Authenticode digest is what manifests have of it, and firmware measures;
 * its file's may stand beside it. */
static enum status read_output(struct statement *s, size_t i, struct provenance *out)
{
	static const char *const names[] = { "sha256", "authenticode-sha256" };
	struct strict_cursor subject = strict_element_object(&s->subjects, i);
	(void)strict_text(&subject, "name", SET_PATH_MAX);
	struct strict_cursor digests = strict_object(&subject, "digest");
	enum status status = OK;
	size_t found = 0;

	for (size_t j = 0; j < sizeof(names) / sizeof(names[0]) && status == OK; j++) {
		if (!strict_has(&digests, names[j]))
			continue;
		struct digest digest = strict_sha256(&digests, names[j]);

		if (has_output(out, digest_span(&digest)))
			strict_fail(&digests, names[j], STATUS_MALFORMED, "output-twice");
		status = bytes_make_room(&out->outputs, SHA256_SIZE);
		if (status == OK)
			status = bytes_append(&out->outputs,
					      (struct span){ digest.value, SHA256_SIZE });
		found++;
	}
	if (found == 0)
		strict_fail(&digests, NULL, STATUS_MALFORMED, "missing-field");
	(void)strict_end(&digests);
	(void)strict_end(&subject);
	return status;
}

enum status provenance_read(struct statement *s, struct provenance *out)
{
	enum status status = OK;

	*out = (struct provenance){ 0 };
	for (size_t i = 0; i < strict_count(&s->subjects) && status == OK; i++)
		status = read_output(s, i, out);
	read_definition(&s->predicate, out);
	read_run(&s->predicate, out);

	enum status end = strict_end(&s->predicate);
	return status == OK ? end : status;
}

bool root_knows_builder(const struct root *root, struct span builder)
{
	for (size_t i = 0; i < root->builder_count; i++)
		if (span_equal(root->builder[i], builder))
			return true;
	return false;
}

static void want_output(const struct provenance *p, struct strict_cursor *at, const char *name,
			const struct digest *digest)
{
	if (digest->alg != DIGEST_SHA256 || !has_output(p, digest_span(digest)))
		strict_fail(at, name, STATUS_DENIED, "output-not-covered");
}

static void want_digests(const struct provenance *p, struct strict_cursor *object, const char *name)
{
	struct strict_cursor list = strict_array(object, name, CHAIN_DIGESTS_MAX);

	for (size_t i = 0; i < strict_count(&list); i++) {
		struct digest digest = strict_element_digest(&list, i);

		want_output(p, &list, NULL, &digest);
	}
}

static void want_boot(const struct provenance *p, struct strict_cursor *boot)
{
	if (strict_has(boot, "chain")) {
		struct strict_cursor chain = strict_array(boot, "chain", BOOT_RULES_MAX);

		for (size_t i = 0; i < strict_count(&chain); i++) {
			struct strict_cursor image = strict_element_object(&chain, i);

			want_digests(p, &image, "authenticode");
		}
	}
	if (strict_has(boot, "initrd"))
		want_digests(p, boot, "initrd");
}

enum status provenance_covers(const struct provenance *p, struct statement *manifest)
{
	struct strict_cursor boot = strict_object(&manifest->predicate, "boot");
	struct strict_cursor ima = strict_object(&manifest->predicate, "ima");
	struct strict_cursor sets = strict_array(&ima, "sets", MANIFEST_SETS_MAX);

	want_boot(p, &boot);
	for (size_t i = 0; i < strict_count(&sets); i++) {
		struct strict_cursor set = strict_element_object(&sets, i);
		struct digest digest = strict_sha256(&set, "sha256");

		want_output(p, &set, "sha256", &digest);
	}
	return manifest->document.status;
}
