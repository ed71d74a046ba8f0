/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Copies a release file by file, in the order of standard input, into a directory that a
 * verifier reads in place, and loads it at each moment: as a verifier that has the
 * release before in force, and as one that starts. What is loaded is the release before or
 * the new one, whole; whatever else stands there is refused with a code; and who looks only
 * when release_watch says so, or a minute after a refusal, has the new one in the end.
 *
 * usage: copied_release renamed|in-place sha256:ROOT FROM TO <NAMES
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/file.h"
#include "policies/loading/release.h"
#include "verifier/loader/loader.h"
#include "verifier/release_watch.h"

#define PATHS_MAX 1024
#define FILE_MAX ((size_t)64 << 20)

static void die(const char *what)
{
	fprintf(stderr, "copied_release: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* One verifier: what it has in force, and its marks. */
struct verifier {
	struct release_trust trust;
	struct bytes image;
	uint64_t index;
	bool was_refused;
	unsigned loads, refusals;
};

static enum status load(struct verifier *v, const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct document_source source = { .read = loader_read, .self = &fd };
	AUTO_DONE(bytes) image = { 0 };
	struct release_marks marks;
	struct release_refusal why;
	struct reference reference;
	enum status status;

	if (fd < 0)
		die(directory);
	v->loads++;
	status = release_load(&v->trust, &source, &image, &marks, &why);
	(void)close(fd);
	v->was_refused = status != OK;
	if (status != OK && why.code == NULL) {
		fprintf(stderr, "FAIL: refused without a code: %s\n", status_text(status));
		exit(1);
	}
	if (status != OK) {
		v->refusals++;
		return status;
	}
	if (reference_open(span_of(&image), &reference) != OK)
		die("its image");
	v->trust.marks = marks;
	v->index = reference_facts(&reference).index_version;
	bytes_done(&v->image);
	return bytes_copy(span_of(&image), &v->image);
}

struct copy {
	const char *from, *to;
	bool is_renamed;
	struct verifier before; /* as it was when the copy began */
	struct verifier follower; /* looks when it has a reason to */
	struct verifier whole; /* of what is copied */
	struct release_watch watch;
	time_t now;
	unsigned others; /* loaded, and neither: newer revocations under the index before */
};

static bool is_same(const struct verifier *a, const struct verifier *b)
{
	return span_equal(span_of(&a->image), span_of(&b->image));
}

static void check(struct copy *c, const struct verifier *v, const char *name)
{
	if (is_same(v, &c->whole) || (c->before.index != 0 && is_same(v, &c->before)))
		return;
	if (v->index == c->before.index && v->index != c->whole.index && v->index != 0) {
		c->others++;
		return;
	}
	fprintf(stderr, "FAIL: after %s: a mixture is in force, with index %llu\n", name,
		(unsigned long long)v->index);
	exit(1);
}

/* A load at this moment by somebody who has this in force; what it had stays its own. */
static void try(struct copy *c, const struct verifier *v, const char *name)
{
	struct verifier now = { .trust = v->trust };

	if (load(&now, c->to) == OK)
		check(c, &now, name);
	bytes_done(&now.image);
}

static void look(struct copy *c, const char *name)
{
	const struct verifier stranger = { .trust = { .root = c->before.trust.root,
						      .now = c->before.trust.now } };

	try(c, &stranger, name);
	if (c->before.index != 0)
		try(c, &c->before, name);
	/* Two seconds and a look each: a change has come to rest. */
	for (int i = 0; i < 3; i++, c->now++) {
		if (!release_watch_changed(&c->watch, c->now) && !c->follower.was_refused)
			continue;
		if (load(&c->follower, c->to) == OK)
			check(c, &c->follower, name);
	}
}

static void make_directories(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) != 0 && errno != EEXIST)
			die(path);
		*slash = '/';
	}
}

static void write_to(const char *path, struct span content, const char *flags)
{
	FILE *file = fopen(path, flags);

	if (file == NULL ||
	    (content.len > 0 && fwrite(content.data, 1, content.len, file) != content.len) ||
	    fclose(file) != 0)
		die(path);
}

static void copy_file(struct copy *c, const char *name)
{
	AUTO_DONE(bytes) content = { 0 };
	char from[PATHS_MAX], to[PATHS_MAX], aside[PATHS_MAX + 4];

	if (snprintf(from, sizeof(from), "%s/%s", c->from, name) >= PATHS_MAX ||
	    snprintf(to, sizeof(to), "%s/%s", c->to, name) >= PATHS_MAX)
		die(name);
	(void)snprintf(aside, sizeof(aside), "%s.new", to);
	if (file_read(from, FILE_MAX, &content) != OK)
		die(from);
	make_directories(to);
	if (c->is_renamed) {
		write_to(aside, span_of(&content), "w");
		if (rename(aside, to) != 0)
			die(to);
		look(c, name);
		return;
	}
	/* As cp writes: emptied, then filled. */
	write_to(to, (struct span){ 0 }, "w");
	look(c, name);
	write_to(to, (struct span){ content.data, content.len / 2 }, "a");
	look(c, name);
	write_to(to, (struct span){ content.data + content.len / 2, content.len - content.len / 2 },
		 "a");
	look(c, name);
}

int main(int argc, char **argv)
{
	struct copy c = { .now = 1000 };
	struct release_trust trust = { .now = (int64_t)time(NULL) };
	char name[4096];

	if (argc != 5 || digest_text_parse(span_text(argv[2]), &trust.root) != OK) {
		fputs("usage: copied_release renamed|in-place sha256:ROOT FROM TO <NAMES\n",
		      stderr);
		return 2;
	}
	c.is_renamed = strcmp(argv[1], "renamed") == 0;
	c.from = argv[3];
	c.to = argv[4];
	c.before.trust = c.follower.trust = c.whole.trust = trust;
	if (load(&c.before, c.to) == OK)
		(void)load(&c.follower, c.to);
	else
		c.follower.was_refused = true;
	/* Whoever has the release before in force sees the new one with its marks. */
	c.whole.trust.marks = c.before.trust.marks;
	if (load(&c.whole, c.from) != OK)
		die("what is to be copied does not load");
	release_watch_init(&c.watch, c.to);
	while (fgets(name, sizeof(name), stdin) != NULL) {
		name[strcspn(name, "\n")] = '\0';
		copy_file(&c, name);
	}
	if (!is_same(&c.follower, &c.whole)) {
		fprintf(stderr, "FAIL: all is there, and index %llu is in force%s\n",
			(unsigned long long)c.follower.index,
			c.follower.was_refused ? ", the last look refused" : "");
		return 1;
	}
	printf("index %llu to %llu: %u loads, %u refused, %u between\n",
	       (unsigned long long)c.before.index, (unsigned long long)c.whole.index,
	       c.follower.loads, c.follower.refusals, c.others);
	bytes_done(&c.before.image);
	bytes_done(&c.follower.image);
	bytes_done(&c.whole.image);
	return 0;
}
