/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include <stdio.h>

/*
 * Files that a vendor delivered: the artifact that they came in bears that vendor's
 * signature, which is verified here again and not only where it was imported, by a
 * key that both teams put into the root together with somebody who answers for it.
 * That these are the artifact's files is the builder's word: load_provenance.c.
 */

static enum status refuse(struct loading *l, enum status status, const char *code, const char *path,
			  size_t set, const char *field)
{
	char place[64];

	(void)snprintf(place, sizeof(place), "ima.sets[%zu].%s", set, field);
	return loading_refuse(l, status, code, path, place);
}

static enum status load_vendor(struct loading *l, const char *path, size_t i, bool *in_force)
{
	struct manifest_set *set = &l->manifest.set[i];
	const struct vendor_key *key = NULL;
	const struct vendor *vendor =
		vendor_named(&l->root.vendors, set->origin.vendor, &set->vendor);
	enum status status;

	if (vendor == NULL)
		return refuse(l, STATUS_DENIED, "vendor-unknown", path, i, "vendor.name");
	status = vendor_verify(vendor, &set->origin, &key);
	if (status != OK)
		return refuse(l, status, "vendor-signature", path, i, "vendor.signature");
	if (l->manifest.provenance.alg == DIGEST_NONE)
		return refuse(l, STATUS_DENIED, "provenance-missing", path, i, "vendor.artifact");
	*in_force = *in_force &&
		    !revocations_have(&l->revocations, REVOKED_KEYS, digest_span(&key->spki)) &&
		    !revocations_have(&l->revocations, REVOKED_FILES,
				      digest_span(&set->origin.artifact));
	return OK;
}

enum status load_vendors(struct loading *l, const char *path, bool *in_force)
{
	enum status status = OK;

	for (size_t i = 0; i < l->manifest.set_count && status == OK; i++)
		if (l->manifest.set[i].class == SET_VENDOR)
			status = load_vendor(l, path, i, in_force);
	return status;
}
