/* SPDX-License-Identifier: Apache-2.0 */
#include <archive.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/text.h"
#include "tools/artifacts/built_root.h"
#include "tools/artifacts/content_archive.h"
#include "tools/command.h"
#include "tools/auto_jansson.h"

/* OCI image specification 1.1: image-layout.md, descriptor.md, manifest.md. */
#define DOCUMENT_MAX ((size_t)4 << 20) /* as registries have it for manifests */
#define LAYERS_MAX 1024
#define NESTED_MAX 4

struct image {
	struct built_root *root;
	const char *directory;
	struct content_hash *hash;
};

struct descriptor {
	const char *media_type;
	struct digest digest;
	const char *hex;
	uint64_t size;
};

static enum status refuse(const struct image *image, const char *what, const char *fault)
{
	(void)unusable("%s: %s: %s", image->directory, what, fault);
	return STATUS_MALFORMED;
}

static const char *text_of(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

/* sha256 alone: what names a file by a weaker digest names nothing. */
static enum status read_descriptor(const struct image *image, const char *what, json_t *object,
				   struct descriptor *out)
{
	const char *text = text_of(object, "digest");
	json_t *size = json_object_get(object, "size");
	struct span digest = span_text(text);

	if (!span_starts_with(digest, "sha256:"))
		return refuse(image, what, "named by another digest than sha256");
	/* One spelling: the name of a file follows from it. */
	for (size_t i = 7; i < digest.len; i++)
		if (strchr("0123456789abcdef", digest.data[i]) == NULL)
			return refuse(image, what, "its digest is not 64 hexadecimal digits");
	if (digest_text_parse(digest, &out->digest) != OK)
		return refuse(image, what, "its digest is not 64 hexadecimal digits");
	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return refuse(image, what, "its size is no number");
	out->media_type = text_of(object, "mediaType");
	out->hex = text + 7;
	out->size = (uint64_t)json_integer_value(size);
	return OK;
}

/* Where a blob of the size that its descriptor says is. */
static enum status find_blob(const struct image *image, const struct descriptor *d,
			     struct path_text *path)
{
	struct stat found;

	(void)snprintf(path->text, sizeof(path->text), "%s/blobs/sha256/%s", image->directory,
		       d->hex);
	if (stat(path->text, &found) != 0)
		return refuse(image, d->hex, "this blob is not there");
	if (!S_ISREG(found.st_mode) || (uint64_t)found.st_size != d->size)
		return refuse(image, d->hex, "this blob has another size than its descriptor says");
	return OK;
}

static json_t *parse(const struct image *image, const char *what, struct span text)
{
	json_t *json = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(json)) {
		(void)refuse(image, what, "not a JSON object");
		json_decref(json);
		return NULL;
	}
	return json;
}

static json_t *read_file(const struct image *image, const char *name)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path;

	(void)snprintf(path.text, sizeof(path.text), "%s/%s", image->directory, name);
	return path_read(path.text, DOCUMENT_MAX, &text) == OK ? parse(image, name, span_of(&text))
							       : NULL;
}

static json_t *read_blob(const struct image *image, const struct descriptor *d)
{
	AUTO_DONE(bytes) text = { 0 };
	struct path_text path;
	struct digest digest;

	if (d->size > DOCUMENT_MAX) {
		(void)refuse(image, d->hex, "larger than any document of an image");
		return NULL;
	}
	if (find_blob(image, d, &path) != OK || path_read(path.text, DOCUMENT_MAX, &text) != OK)
		return NULL;
	if (digest_of(DIGEST_SHA256, span_of(&text), &digest) != OK ||
	    !digest_equal(&digest, &d->digest)) {
		(void)refuse(image, path.text,
			     "not the file that was named: it has another digest");
		return NULL;
	}
	return parse(image, d->hex, span_of(&text));
}

static bool is_index(const char *media_type)
{
	return strcmp(media_type, "application/vnd.oci.image.index.v1+json") == 0 ||
	       strcmp(media_type, "application/vnd.docker.distribution.manifest.list.v2+json") == 0;
}

static bool is_manifest(const char *media_type)
{
	return strcmp(media_type, "application/vnd.oci.image.manifest.v1+json") == 0 ||
	       strcmp(media_type, "application/vnd.docker.distribution.manifest.v2+json") == 0;
}

/* The one that the tag names; without a tag the only one. Attestations that builders
 * put beside images are no images. */
static json_t *choose(const struct image *image, json_t *index, const char *tag)
{
	json_t *found = NULL;
	json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(index, "manifests"), i, entry)
	{
		json_t *notes = json_object_get(entry, "annotations");

		if (text_of(notes, "vnd.docker.reference.type")[0] != '\0')
			continue;
		if (tag != NULL &&
		    strcmp(text_of(notes, "org.opencontainers.image.ref.name"), tag) != 0)
			continue;
		if (found != NULL) {
			(void)refuse(image, tag == NULL ? "index.json" : tag,
				     "several images: name one as DIRECTORY:TAG, of one platform");
			return NULL;
		}
		found = entry;
	}
	if (found == NULL)
		(void)refuse(image, tag == NULL ? "index.json" : tag, "there is no such image");
	return found;
}

/* From an index down to the manifest, which may be behind another index. */
static json_t *find_manifest(const struct image *image, const char *tag)
{
	json_t *document = read_file(image, "index.json");
	const char *wanted = tag;

	for (unsigned depth = 0; document != NULL && depth < NESTED_MAX; depth++) {
		struct descriptor d;
		json_t *entry = choose(image, document, wanted);
		json_t *next = NULL;

		if (entry == NULL || read_descriptor(image, "index.json", entry, &d) != OK) {
			json_decref(document);
			return NULL;
		}
		if (is_manifest(d.media_type) || is_index(d.media_type))
			next = read_blob(image, &d);
		else
			(void)refuse(image, d.media_type, "neither an image nor an index of them");
		bool is_found = is_manifest(d.media_type);

		json_decref(document);
		document = next;
		if (is_found)
			return document;
		wanted = NULL;
	}
	if (document != NULL)
		(void)refuse(image, "index.json", "indexes within indexes");
	json_decref(document);
	return NULL;
}

static int allow_compression(struct archive *a, const char *media_type)
{
	static const struct {
		const char *media_type;
		int (*allow)(struct archive *);
	} types[] = {
		{ "application/vnd.oci.image.layer.v1.tar", NULL },
		{ "application/vnd.oci.image.layer.v1.tar+gzip", archive_read_support_filter_gzip },
		{ "application/vnd.oci.image.layer.v1.tar+zstd", archive_read_support_filter_zstd },
		{ "application/vnd.docker.image.rootfs.diff.tar.gzip",
		  archive_read_support_filter_gzip },
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].media_type, media_type) == 0)
			return types[i].allow == NULL ? ARCHIVE_OK : types[i].allow(a);
	return ARCHIVE_FATAL;
}

static enum status take_layer(const struct image *image, const struct descriptor *d)
{
	const struct archive_origin origin = { .archive = d->hex };
	struct path_text path;
	struct content_archive layer = {
		.hash = image->hash, .path = path.text, .wanted = &d->digest, .fd = -1
	};
	struct archive *a = archive_read_new();
	enum status status = a == NULL ? STATUS_NO_MEMORY : find_blob(image, d, &path);

	if (status == OK && allow_compression(a, d->media_type) != ARCHIVE_OK)
		status = refuse(image, d->media_type, "a layer of a kind that is not read");
	if (status == OK && (archive_read_support_format_tar(a) != ARCHIVE_OK ||
			     archive_read_support_format_empty(a) != ARCHIVE_OK))
		status = STATUS_NO_MEMORY;
	if (status == OK)
		status = content_archive_open(&layer, a);
	if (status == OK)
		status = built_root_begin(image->root, span_text(d->hex));
	if (status == OK)
		status = built_root_take(image->root, a, &origin);
	if (status == OK)
		status = content_archive_end(&layer);
	if (a != NULL)
		(void)archive_read_free(a);
	content_archive_done(&layer);
	return status;
}

/* A layer for each of the configuration's: an image without one of them is another. */
static enum status check_configuration(const struct image *image, json_t *manifest)
{
	struct descriptor d;
	enum status status = read_descriptor(image, "the image's configuration",
					     json_object_get(manifest, "config"), &d);
	json_t *configuration = status == OK ? read_blob(image, &d) : NULL;
	json_t *ids = json_object_get(json_object_get(configuration, "rootfs"), "diff_ids");

	if (configuration == NULL)
		return STATUS_MALFORMED;
	if (!json_is_array(ids) ||
	    json_array_size(ids) != json_array_size(json_object_get(manifest, "layers")))
		status = refuse(image, d.hex, "the configuration names another number of layers");
	json_decref(configuration);
	return status;
}

static enum status take_layers(const struct image *image, json_t *manifest)
{
	json_t *layers = json_object_get(manifest, "layers");
	enum status status = check_configuration(image, manifest);
	json_t *layer;
	size_t i;

	if (status == OK && (json_array_size(layers) == 0 || json_array_size(layers) > LAYERS_MAX))
		return refuse(image, "the image's manifest", "no layers, or too many");
	json_array_foreach(layers, i, layer)
	{
		struct descriptor d;

		if (status == OK)
			status = read_descriptor(image, "a layer", layer, &d);
		if (status == OK)
			status = take_layer(image, &d);
	}
	return status;
}

static enum status check_layout(const struct image *image)
{
	json_t *layout = read_file(image, "oci-layout");
	bool is_known = strcmp(text_of(layout, "imageLayoutVersion"), "1.0.0") == 0;

	if (layout == NULL)
		return STATUS_MALFORMED;
	json_decref(layout);
	return is_known ? OK : refuse(image, "oci-layout", "not an image layout of version 1.0.0");
}

static bool is_directory(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISDIR(found.st_mode);
}

enum status built_root_image(struct built_root *root, const char *name)
{
	AUTO(content_hash) hash = NULL;
	AUTO(char) directory = strdup(name);
	struct image image = { .root = root, .directory = directory };
	char *colon = directory == NULL ? NULL : strrchr(directory, ':');
	json_t *manifest;
	enum status status = content_hash_new(&root->progress, &hash);

	if (directory == NULL || status != OK)
		return STATUS_NO_MEMORY;
	if (is_directory(name))
		colon = NULL;
	if (colon != NULL)
		*colon = '\0';
	image.hash = hash;
	status = check_layout(&image);
	manifest = status == OK ? find_manifest(&image, colon == NULL ? NULL : colon + 1) : NULL;
	if (manifest == NULL)
		return STATUS_MALFORMED;
	status = take_layers(&image, manifest);
	json_decref(manifest);
	return status;
}
