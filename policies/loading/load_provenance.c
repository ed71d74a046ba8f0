/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/loading/loading.h"

#include "policies/documents/provenance.h"

#define PATH_SIZE 160

/*
 * Where a manifest's values come from: a statement of the build role, by a builder
 * that the root knows, whose outputs are the manifest's sets and boot files. A root
 * may want one of each manifest; one that is named is verified in any case.
 */

static enum status check_outputs(struct loading *l, const char *path, struct span manifest,
				 const struct provenance *provenance)
{
	AUTO_DONE(statement) s = { 0 };
	enum status status = statement_open(manifest, DOCUMENT_MANIFEST, &s);

	if (status == OK)
		status = provenance_covers(provenance, &s);
	return status == OK ? OK : loading_check(l, path, &s);
}

/* What a vendor delivered is what it was made from. */
static enum status check_inputs(struct loading *l, const char *path,
				const struct provenance *provenance)
{
	for (size_t i = 0; i < l->manifest.set_count; i++)
		if (l->manifest.set[i].class == SET_VENDOR &&
		    !provenance_has_input(provenance, &l->manifest.set[i].origin.artifact))
			return loading_refuse(l, STATUS_MISMATCH, "vendor-not-an-input", path,
					      "buildDefinition.resolvedDependencies");
	return OK;
}

static enum status check_provenance(struct loading *l, const char *path, const char *manifest_path,
				    struct span payload, struct span manifest)
{
	AUTO_DONE(statement) s = { 0 };
	AUTO_DONE(provenance) provenance = { 0 };

	if (statement_open(payload, DOCUMENT_PROVENANCE, &s) != OK ||
	    provenance_read(&s, &provenance) != OK)
		return loading_check(l, path, &s);
	if (!root_knows_builder(&l->root, provenance.builder))
		return loading_refuse(l, STATUS_DENIED, "builder-unknown", path,
				      "runDetails.builder.id");
	enum status status = check_inputs(l, path, &provenance);
	return status == OK ? check_outputs(l, manifest_path, manifest, &provenance) : status;
}

enum status load_provenance(struct loading *l, const char *path, struct span payload,
			    bool *in_force)
{
	AUTO_DONE(dsse) dsse = { 0 };
	const struct digest *pin = &l->manifest.provenance;
	char document[PATH_SIZE];
	size_t signer = 0;
	enum status status;

	*in_force = true;
	if (pin->alg == DIGEST_NONE) {
		if (!l->root.requires_provenance)
			return OK;
		return loading_refuse(l, STATUS_DENIED, "provenance-missing", path,
				      "evidence.provenance");
	}
	loading_path(document, sizeof(document), "provenance/", pin, ".json");
	status = loading_document(l, document, DOCUMENT_PROVENANCE, &dsse);
	if (status == OK)
		status = loading_pinned(l, document, span_of(&dsse.payload), pin);
	if (status == OK)
		status = loading_signed(l, document, ROLE_BUILD, &dsse, &signer);
	if (status == OK)
		status = check_provenance(l, document, path, span_of(&dsse.payload), payload);
	*in_force = !loading_is_revoked(l, signer);
	return status;
}
