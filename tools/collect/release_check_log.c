/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/collect/draft_image.h"
#include "tools/collect/release_artifacts.h"
#include "verifier/appraisal/boot_match.h"
#include "tools/command.h"

#define LOG_MAX ((size_t)16 << 20)

static enum status pinned_pcrs(const struct reference *ref, const struct release *release,
			       pcr_mask *out)
{
	for (uint32_t i = 0; i < release->boot.pcrs.count; i++) {
		struct boot_rule rule;
		enum status status = reference_boot_rule(ref, release->boot.pcrs.first + i, &rule);

		if (status != OK)
			return status;
		*out |= (pcr_mask)1 << rule.pcr;
	}
	return OK;
}

static void print_findings(const struct boot_match *match, const char *path)
{
	for (size_t i = 0; i < match->findings.count; i++) {
		const struct finding *f = &match->findings.list[i];

		fprintf(stderr, "%s: ", path);
		if (f->entry != FINDING_NO_ENTRY)
			fprintf(stderr, "event %llu: ", (unsigned long long)f->entry);
		fprintf(stderr, "%s %s\n", reason_facts(f->reason)->code, f->detail);
	}
	if (match->findings.more > 0)
		fprintf(stderr, "%s: and %llu more\n", path,
			(unsigned long long)match->findings.more);
}

static enum status match_log(struct span image, struct span log, struct boot_match *out)
{
	struct reference ref;
	struct release release;
	struct boot_match_input input = { .ref = &ref, .release = &release, .log = log };
	enum status status = reference_open(image, &ref);

	if (status == OK)
		status = reference_release(&ref, 0, &release);
	if (status == OK)
		status = pinned_pcrs(&ref, &release, &input.pinned);
	input.bank = DIGEST_SHA256;
	input.quoted = 0xfbff; /* 0-9, 11-15: 10 is IMA's */
	return status == OK ? boot_match(&input, out) : status;
}

enum status check_boot_log(struct span manifest, const char *path, size_t *unexplained)
{
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) image = { 0 };
	struct boot_match match;
	enum status status = path_read(path, LOG_MAX, &log);

	if (status != OK)
		return status;
	status = draft_image(manifest, NULL, NULL, &image);
	if (status == OK)
		status = match_log(span_of(&image), span_of(&log), &match);
	if (status != OK) {
		(void)unusable("%s: %s", path, status_text(status));
		return status;
	}
	print_findings(&match, path);
	printf("%s: %zu of %zu events explained\n", path, match.explained, match.extending);
	*unexplained += match.findings.count + (size_t)match.findings.more;
	return OK;
}
