/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/federation.h"

#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "daemon/directory.h"

void federation_done(struct federation *federation)
{
	for (size_t i = 0; i < federation->count; i++)
		trust_anchors_done(&federation->others[i]);
	*federation = (struct federation){ 0 };
}

struct reading {
	const char *own;
	struct federation *into;
	struct bytes *fault;
	size_t len; /* of all texts */
};

static enum status take(struct reading *r, const char *name, struct span text)
{
	AUTO_DONE(bundle) bundle = { 0 };
	struct span trust_domain = span_text(name);

	r->len += text.len;
	if (r->into->count >= BUNDLE_FEDERATED_MAX || r->len > FEDERATION_MAX)
		return STATUS_TOO_LARGE;
	if (bundle_parse(text, &bundle) != OK || bundle.federated_count > 0 ||
	    !span_equal(span_of(&bundle.own.trust_domain), trust_domain))
		return STATUS_MALFORMED;
	/* Another root for one's own names would be a root of the fleet. */
	if (span_equal(trust_domain, span_text(r->own)))
		return STATUS_DENIED;
	r->into->others[r->into->count++] = bundle.own;
	bundle.own = (struct trust_anchors){ 0 };
	return OK;
}

/* In the order of their names, as the bundle wants them. */
static enum status visit(void *context, const char *path, enum status read, struct span content)
{
	struct reading *r = context;
	const char *slash = strrchr(path, '/');
	struct stat st;

	/* No bundle is one; a mount has its lost+found. */
	if (read != OK && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return OK;

	enum status status = read == OK ? take(r, slash == NULL ? path : slash + 1, content) : read;

	if (status != OK)
		(void)!bytes_printf(r->fault, "%s", path);
	return status;
}

enum status federation_read(const char *directory, const char *own, struct federation *out,
			    struct bytes *fault)
{
	AUTO_DONE(federation) read = { 0 };
	struct reading reading = { .own = own, .into = &read, .fault = fault };
	enum status status = directory_read_guarded(directory, FEDERATION_MAX, visit, &reading);

	if (status != OK && fault->len == 0)
		(void)!bytes_printf(fault, "%s", directory);
	if (status != OK)
		return status;
	*out = read;
	read = (struct federation){ 0 };
	return OK;
}
