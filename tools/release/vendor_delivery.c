/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/vendor_delivery.h"

#include <archive.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/artifacts/built_root.h"
#include "tools/command.h"
#include "tools/artifacts/content_archive.h"
#include "tools/release/release_line.h"
#include "tools/release/root_keys.h"

#define SIGNATURE_FILE_MAX 1024
#define LIST_MAX ((size_t)256 << 20)

static void tar_free(struct archive *a)
{
	(void)archive_read_free(a);
}

AUTO_FREE(archive, struct archive, tar_free);

void vendor_deliveries_done(struct vendor_deliveries *deliveries)
{
	for (size_t i = 0; i < deliveries->count; i++)
		file_list_done(&deliveries->delivery[i].files);
	deliveries->count = 0;
}

static struct span name_of(const struct vendor_delivery *delivery)
{
	return (struct span){ (const uint8_t *)delivery->name,
			      (size_t)(strchr(delivery->name, '=') - delivery->name) };
}

bool vendor_delivery_add(struct vendor_deliveries *deliveries, const char *text)
{
	const char *path = strchr(text, '=');
	struct vendor_delivery delivery = { .name = text, .path = path == NULL ? NULL : path + 1 };

	if (path == NULL || path[1] == '\0' || deliveries->count == DELIVERIES_MAX ||
	    !name_is_valid(name_of(&delivery)))
		return false;
	deliveries->delivery[deliveries->count++] = delivery;
	return true;
}

static enum status refuse(const struct vendor_delivery *d, const char *what)
{
	(void)unusable("%s: %s", d->path, what);
	return STATUS_DENIED;
}

/* FILE.sig: DER, or that in base64 with one line's end, as cosign writes it. */
static enum status read_signature(struct vendor_delivery *d)
{
	AUTO_DONE(bytes) path = { 0 };
	AUTO_DONE(bytes) text = { 0 };
	AUTO_DONE(bytes) der = { 0 };
	enum status status = bytes_printf(&path, "%s.sig%c", d->path, '\0');

	if (status == OK)
		status = path_read((const char *)path.data, SIGNATURE_FILE_MAX, &text);
	if (status != OK)
		return status;

	struct span found = span_of(&text);
	if (found.len > 0 && found.data[0] != 0x30) {
		found.len -= found.data[found.len - 1] == '\n';
		if (base64_decode(found, DSSE_SIGNATURE_MAX, &der) != OK)
			return refuse(d, "its .sig is no signature in DER or base64");
		found = span_of(&der);
	}
	if (found.len == 0 || found.len > sizeof(d->origin.signature))
		return refuse(d, "its .sig is no ECDSA signature over P-256");
	memcpy(d->origin.signature, found.data, found.len);
	d->origin.signature_len = found.len;
	return OK;
}

static enum status check_signature(const struct vendor_delivery *d, const struct root *root)
{
	const struct vendor_key *key;
	size_t index;
	const struct vendor *vendor = vendor_named(&root->vendors, d->origin.vendor, &index);

	if (vendor == NULL)
		return refuse(d, "vendor-unknown: the root has no such vendor: 'attestctl release "
				 "root --vendor'");
	if (vendor_verify(vendor, &d->origin, &key) != OK)
		return refuse(d, "vendor-signature: no key that the root has of this vendor signed "
				 "it");
	printf("%s: signed by vendor %.*s, whose files %.*s answers for\n", d->path,
	       (int)vendor->name.len, (const char *)vendor->name.data, (int)vendor->owner.owner.len,
	       (const char *)vendor->owner.owner.data);
	return OK;
}

static bool ends_with(const char *path, const char *end)
{
	size_t len = strlen(path), end_len = strlen(end);

	return len > end_len && strcmp(path + len - end_len, end) == 0;
}

static bool is_archive(const char *path)
{
	static const char *const ends[] = { ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.zst" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (ends_with(path, ends[i]))
			return true;
	return false;
}

static enum status read_tar(struct vendor_delivery *d, struct built_root *root)
{
	const struct archive_origin origin = { .archive = d->path, .package = d->origin.vendor };
	AUTO(content_hash) hash = NULL;
	AUTO(archive) tar = archive_read_new();
	struct content_archive file = { .path = d->path, .wanted = &d->origin.artifact, .fd = -1 };
	enum status status =
		tar == NULL ? STATUS_NO_MEMORY : content_hash_new(&root->progress, &hash);

	file.hash = hash;
	if (status == OK && (archive_read_support_filter_gzip(tar) != ARCHIVE_OK ||
			     archive_read_support_filter_xz(tar) != ARCHIVE_OK ||
			     archive_read_support_filter_zstd(tar) != ARCHIVE_OK ||
			     archive_read_support_format_tar(tar) != ARCHIVE_OK))
		status = refuse(d, "cannot be read as a tar archive");
	if (status == OK)
		status = content_archive_open(&file, tar);
	if (status == OK)
		status = built_root_begin(root, d->origin.vendor);
	if (status == OK)
		status = built_root_take(root, tar, &origin);
	if (status == OK)
		status = content_archive_end(&file);
	content_archive_done(&file);
	return status;
}

static enum status read_built(struct vendor_delivery *d, bool is_split_usr, size_t *left_out)
{
	AUTO_DONE(built_root) root = { 0 };
	enum status status = built_root_init(&root, TREE_PACKAGES);

	if (status == OK && !is_split_usr)
		status = file_tree_merge_usr(root.tree);
	if (status == OK)
		status = is_archive(d->path)
				 ? read_tar(d, &root)
				 : built_root_package(&root, d->path, NULL, &d->origin.artifact);
	progress_end(&root.progress);
	return status == OK ? built_root_list(&root, &d->files, left_out) : status;
}

/* The bytes whose digest was signed, and no others. */
static enum status read_list(struct vendor_delivery *d, size_t *left_out)
{
	AUTO_DONE(bytes) text = { 0 };
	struct digest digest = { 0 };
	enum status status = path_read(d->path, LIST_MAX, &text);

	if (status == OK)
		status = digest_of(DIGEST_SHA256, span_of(&text), &digest);
	if (status == OK && !digest_equal(&digest, &d->origin.artifact))
		return refuse(d, "changed while it was read");
	return status == OK ? file_list_add_text(&d->files, d->path, span_of(&text), left_out)
			    : status;
}

struct span vendor_delivery_vendor(const struct vendor_delivery *delivery)
{
	return name_of(delivery);
}

enum status vendor_delivery_hash(struct vendor_delivery *d)
{
	AUTO(content_hash) hash = NULL;
	struct progress progress = progress_begin("hashing");
	enum status status = content_hash_new(&progress, &hash);

	if (status == OK)
		status = content_hash_file(hash, d->path, &d->origin.artifact);
	progress_end(&progress);
	return status;
}

enum status vendor_delivery_take(struct vendor_delivery *delivery, const struct root *root,
				 bool is_split_usr, size_t *left_out)
{
	enum status status = vendor_delivery_hash(delivery);

	delivery->origin.vendor = name_of(delivery);
	if (status == OK)
		status = read_signature(delivery);
	if (status == OK)
		status = check_signature(delivery, root);
	if (status != OK)
		return status;
	status = ends_with(delivery->path, ".deb") || is_archive(delivery->path)
			 ? read_built(delivery, is_split_usr, left_out)
			 : read_list(delivery, left_out);
	(void)file_list_settle(&delivery->files, NULL);
	for (size_t i = 0; i < delivery->files.count; i++)
		delivery->files.entry[i].class = SET_VENDOR;
	if (status == OK && delivery->files.count == 0)
		return refuse(delivery, "it has no file that a set could list");
	return status;
}

/* ECDSA over the digest itself: whoever verifies has no more than that either. */
static enum status sign_digest(EVP_PKEY *key, struct vendor_origin *origin)
{
	AUTO(EVP_PKEY_CTX) ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);

	origin->signature_len = sizeof(origin->signature);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1 ||
	    EVP_PKEY_CTX_set_signature_md(ctx, EVP_sha256()) != 1 ||
	    EVP_PKEY_sign(ctx, origin->signature, &origin->signature_len, origin->artifact.value,
			  SHA256_SIZE) != 1)
		return STATUS_UNSUPPORTED;
	return OK;
}

enum status vendor_delivery_sign(struct vendor_delivery *delivery, const struct vendor *vendor,
				 EVP_PKEY *key)
{
	struct vendor_origin *origin = &delivery->origin;
	const struct vendor_key *found;
	AUTO_DONE(bytes) path = { 0 };

	/* Another key than the root has of this vendor would be refused later. */
	if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_size(key) > (int)sizeof(origin->signature) ||
	    sign_digest(key, origin) != OK || vendor_verify(vendor, origin, &found) != OK)
		return refuse(delivery, "vendor-signature: --key is none of the keys that the root "
					"has of this vendor");
	if (bytes_printf(&path, "%s.sig%c", delivery->path, '\0') != OK)
		return STATUS_NO_MEMORY;
	return path_write((const char *)path.data,
			  (struct span){ origin->signature, origin->signature_len }, 0644);
}

json_t *vendor_delivery_json(const struct vendor_delivery *delivery)
{
	const struct vendor_origin *origin = &delivery->origin;
	AUTO_DONE(bytes) signature = { 0 };

	if (base64_append(&signature, (struct span){ origin->signature, origin->signature_len }) !=
	    OK)
		return NULL;
	return json_pack("{s:s%, s:s, s:s%}", "name", (const char *)origin->vendor.data,
			 origin->vendor.len, "artifact", sha256_hex(&origin->artifact).hex,
			 "signature", (const char *)signature.data, signature.len);
}

static json_t *key_json(const char *path)
{
	AUTO(EVP_PKEY) key = NULL;
	AUTO_DONE(bytes) text = { 0 };
	uint8_t *spki = NULL;

	if (root_key_load(path, &key) != OK)
		return NULL;
	int len = i2d_PUBKEY(key, &spki);
	enum status status = len <= 0 ? STATUS_UNSUPPORTED
				      : base64_append(&text, (struct span){ spki, (size_t)len });
	OPENSSL_free(spki);
	if (status != OK)
		return NULL;
	return json_pack("{s:s%}", "spki", (const char *)text.data, text.len);
}

bool vendor_json_add(json_t *vendors, const char *text)
{
	char name[VENDOR_NAME_MAX + 1];
	char part[3][128];
	int used = 0;

	if (sscanf(text, "%32[^=]=%127[^,],%127[^,],%127[^,],%n", name, part[0], part[1], part[2],
		   &used) != 4 ||
	    used == 0 || !name_is_valid(span_text(name)))
		return false;

	json_t *key = key_json(text + used);
	json_t *keys = json_object_get(json_object_get(vendors, name), "keys");
	json_t *next = keys == NULL ? json_array() : json_deep_copy(keys);

	if (key == NULL || json_array_append_new(next, key) != 0) {
		json_decref(next);
		return false;
	}
	/* Its fingerprints stay. */
	json_t *openpgp = json_object_get(json_object_get(vendors, name), "openpgp");
	return json_object_set_new(vendors, name,
				   json_pack("{s:o, s:O*, s:s, s:s, s:s}", "keys", next, "openpgp",
					     openpgp, "owner", part[0], "backup", part[1],
					     "escalation", part[2])) == 0;
}

bool vendor_json_add_openpgp(json_t *vendors, const char *text)
{
	const char *end = strchr(text, '=');
	json_t *vendor = end == NULL ? NULL : json_object_getn(vendors, text, (size_t)(end - text));
	json_t *list = json_object_get(vendor, "openpgp");

	if (vendor == NULL || !openpgp_fingerprint_is_valid(span_text(end + 1)) ||
	    json_array_size(list) == VENDOR_OPENPGP_MAX)
		return false;
	if (list == NULL) {
		list = json_array();
		if (json_object_set_new(vendor, "openpgp", list) != 0)
			return false;
	}
	return json_array_append_new(list, json_string(end + 1)) == 0;
}
