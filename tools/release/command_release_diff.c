/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tools/options.h"
#include "tools/release/release.h"
#include "tools/release/release_difference.h"
#include "tools/release/release_manifest.h"
#include "tools/release/release_root.h"

static const char help[] =
	"usage: attestctl release diff DIR [--json|--canonical] [--packages FILE]\n"
	"           [--root SHA256]\n"
	"       attestctl release diff OLD NEW [--releases DIR] [--json|--canonical]\n"
	"           [--packages FILE] [--root SHA256]\n"
	"\n"
	"What a release changes, in words, and the class that comes of it: a low-risk change\n"
	"needs an approval of platform, one that touches trust needs both teams. A verifier\n"
	"computes the same and never believes what the manifest says about itself.\n"
	"\n"
	"  DIR              a release line: its draft, against what that names as previous,\n"
	"                   which has to be signed and approved itself\n"
	"  OLD NEW          manifests, drafts or signed\n"
	"  --releases DIR   where their sets and the root lie [beside NEW]\n"
	"  --root SHA256    the first root [the one that 'init' made, by line.json beside it]\n"
	"  --packages FILE  lines 'PACKAGE: /PATH' (dpkg -S '/*'): files by package, where\n"
	"                   directories would be named\n"
	"  --canonical      the whole difference, every file of it, as text that can be hashed:\n"
	"                   approvals carry its SHA-256\n"
	"  --json           the answer for programs\n"
	"\n"
	"Exit status: 0 low-risk, 1 trust-impacting, 2 unusable input or failure.\n";

enum option_id {
	OPTION_RELEASES = 256,
	OPTION_PACKAGES,
	OPTION_JSON,
	OPTION_CANONICAL,
	OPTION_ROOT,
};

static const struct option options[] = {
	{ "releases", required_argument, NULL, OPTION_RELEASES },
	{ "packages", required_argument, NULL, OPTION_PACKAGES },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "canonical", no_argument, NULL, OPTION_CANONICAL },
	{ "root", required_argument, NULL, OPTION_ROOT },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ NULL, 0, NULL, 0 },
};

struct diff {
	const char *releases, *packages;
	const char *path[2];
	bool json, canonical;
	struct digest pin; /* the first root; DIGEST_NONE: as line_pin() */
};

/* LINE/draft/manifest.json and LINE/release/manifests/X.json: LINE/release. */
static void release_beside(const char *manifest, char out[PATH_TEXT_MAX])
{
	char folder[PATH_TEXT_MAX];

	(void)snprintf(folder, sizeof(folder), "%s", manifest);
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(folder, '/');

		if (slash == NULL)
			(void)snprintf(folder, sizeof(folder), i == 0 ? "." : "..");
		else
			*slash = '\0';
	}
	const struct release_line line = { .directory = folder };
	struct path_text release = line_path(&line, "release");
	(void)snprintf(out, PATH_TEXT_MAX, "%s", path_exists(release.text) ? release.text : folder);
}

static enum status open_draft(const struct diff *diff, struct comparison *c)
{
	const struct release_line line = { .directory = diff->path[0] };
	AUTO_DONE(bytes) draft = { 0 };
	enum status status = manifest_payload(line_path(&line, "draft/manifest.json").text, &draft);

	if (status != OK)
		return status;
	return comparison_open(c, &line, &diff->pin, span_of(&draft));
}

static enum status open_both(const struct diff *diff, struct comparison *c)
{
	AUTO_DONE(bytes) old = { 0 };
	AUTO_DONE(bytes) new = { 0 };
	char beside[PATH_TEXT_MAX], above[PATH_TEXT_MAX];
	struct digest pin;
	enum status status = manifest_payload(diff->path[0], &old);

	if (status == OK)
		status = manifest_payload(diff->path[1], &new);
	if (status != OK)
		return status;
	release_beside(diff->path[1], beside);
	const struct release_line folder = { .directory = diff->releases != NULL ? diff->releases
										 : beside };
	(void)snprintf(above, sizeof(above), "%s", line_path(&folder, "..").text);
	const struct release_line line = { .directory = above };
	status = line_pin(&line, &diff->pin, &pin);
	return status == OK ? comparison_open_both(c, folder.directory, &pin, span_of(&old),
						   span_of(&new))
			    : status;
}

static enum answer show(const struct diff *diff)
{
	AUTO_DONE(comparison) c = { 0 };
	enum status status = diff->path[1] == NULL ? open_draft(diff, &c) : open_both(diff, &c);

	if (status != OK)
		return ANSWER_UNUSABLE;
	if (diff->canonical)
		status = comparison_print_canonical(&c, stdout);
	else if (diff->json)
		status = comparison_print_json(&c, stdout);
	else
		status = comparison_print(&c, stdout, diff->packages);
	if (status != OK || fflush(stdout) != 0)
		return unusable("release diff: %s", status_text(status));
	return comparison_class(&c) == CHANGE_LOW_RISK ? ANSWER_YES : ANSWER_NO;
}

enum answer release_diff(int argc, char **argv)
{
	struct diff diff = { 0 };
	int option;

	while ((option = options_next(argc, argv, "", options)) != -1) {
		switch (option) {
		case OPTION_RELEASES:
			diff.releases = optarg;
			break;
		case OPTION_PACKAGES:
			diff.packages = optarg;
			break;
		case OPTION_JSON:
			diff.json = true;
			break;
		case OPTION_CANONICAL:
			diff.canonical = true;
			break;
		case OPTION_ROOT:
			if (!pin_take(optarg, &diff.pin))
				return unusable("release diff: --root is no SHA-256");
			break;
		case OPTION_HELP:
			fputs(help, stdout);
			return ANSWER_YES;
		default:
			return unusable("release diff DIR, or OLD NEW: see --help");
		}
	}
	if (argc - optind < 1 || argc - optind > 2)
		return unusable("release diff DIR, or OLD NEW: see --help");
	diff.path[0] = argv[optind];
	diff.path[1] = argc - optind == 2 ? argv[optind + 1] : NULL;
	return show(&diff);
}
