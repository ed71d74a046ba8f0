/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/shim_image.h"

#include "policies/artifacts/variable_data.h"

#define VENDOR_MAX ((size_t)64 << 10)
#define LIST_HEADER 28 /* EFI_SIGNATURE_LIST, UEFI 32.4.1 */
#define OWNER 16 /* SignatureOwner of EFI_SIGNATURE_DATA */

/* EFI_CERT_X509_GUID, as stored */
static const uint8_t x509_guid[16] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};
static struct span part_at(struct span content, size_t offset, size_t len, enum status *status)
{
	struct reader r = reader_over(content);
	struct span part;

	reader_skip(&r, offset);
	part = reader_take(&r, len);
	if (*status == OK)
		*status = r.status;
	return part;
}

/* .vendor_cert: two sizes, two offsets, then what they speak of. */
static enum status read_vendor(struct span section, struct shim_image *shim)
{
	struct reader r = reader_over(section);
	size_t keys_len = reader_le32(&r);
	size_t forbidden_len = reader_le32(&r);
	size_t keys_at = reader_le32(&r);
	size_t forbidden_at = reader_le32(&r);
	enum status status = r.status;

	shim->vendor_keys = part_at(section, keys_at, keys_len, &status);
	shim->vendor_forbidden = part_at(section, forbidden_at, forbidden_len, &status);
	if (status == OK && (keys_len > VENDOR_MAX || forbidden_len > VENDOR_MAX))
		return STATUS_TOO_LARGE;
	return status;
}

/* .sbatlevel: version 0, then from behind it the offsets of two texts with a
 * closing NUL: the level of always and the latest one. */
static enum status read_level(struct span section, struct shim_image *shim)
{
	struct reader r = reader_over(section);
	uint32_t version = reader_le32(&r);
	struct reader texts = r;
	size_t offset = reader_le32(&r);
	const uint8_t *end;

	reader_skip(&texts, offset);
	if (r.status != OK || texts.status != OK)
		return STATUS_TRUNCATED;
	end = texts.rest.len == 0 ? NULL : memchr(texts.rest.data, 0, texts.rest.len);
	if (version != 0)
		return STATUS_UNSUPPORTED;
	if (end == NULL)
		return STATUS_MALFORMED;
	shim->sbat_level = (struct span){ texts.rest.data, (size_t)(end - texts.rest.data) };
	return OK;
}

enum status shim_image_parse(const struct pe_image *image, struct shim_image *out)
{
	struct shim_image shim = { 0 };
	struct pe_section section;
	enum status status = pe_image_section(image, ".vendor_cert", &section);

	if (status == OK)
		status = read_vendor(section.content, &shim);
	if (status != OK)
		return status;
	status = pe_image_section(image, ".sbatlevel", &section);
	if (status == OK)
		status = read_level(section.content, &shim);
	if (status != OK && status != STATUS_NOT_FOUND)
		return status;
	*out = shim;
	return OK;
}

/* A certificate is DER, which no list starts like. */
static bool is_certificate(struct span keys)
{
	return keys.len > 0 && keys.data[0] == 0x30;
}

/* EFI_SIGNATURE_DATA */
static void put_certificate(struct writer *w, struct span certificate)
{
	writer_put(w, (struct span){ guid_shim, sizeof(guid_shim) });
	writer_put(w, certificate);
}

enum status shim_mok_list(const struct shim_image *shim, struct bytes *out)
{
	struct writer w = writer_to(out, 2 * VENDOR_MAX);
	size_t entry = OWNER + shim->vendor_keys.len;

	if (shim->vendor_keys.len == 0)
		return STATUS_NOT_FOUND;
	if (!is_certificate(shim->vendor_keys)) {
		writer_put(&w, shim->vendor_keys);
		return writer_end(&w);
	}
	writer_put(&w, (struct span){ x509_guid, sizeof(x509_guid) });
	put_little(&w, LIST_HEADER + entry, 4);
	put_little(&w, 0, 4);
	put_little(&w, entry, 4);
	put_certificate(&w, shim->vendor_keys);
	return writer_end(&w);
}

enum status shim_vendor_authority(const struct shim_image *shim, const char *name,
				  struct bytes *out)
{
	struct writer w = writer_to(out, 2 * VENDOR_MAX);

	if (!is_certificate(shim->vendor_keys))
		return STATUS_UNSUPPORTED;
	put_variable_head(&w, guid_shim, name, OWNER + shim->vendor_keys.len);
	put_certificate(&w, shim->vendor_keys);
	return writer_end(&w);
}
