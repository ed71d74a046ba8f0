/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm/boot_payload.h"

#include <string.h>

/* What GRUB puts before the text that it hashes without it (grub-core/kern/verifiers.c). */
static const char *const grub_prefixes[] = {
	"grub_cmd: ",
	"kernel_cmdline: ",
	"module_cmdline: ",
};

/* EFI_CERT_SHA256_GUID, EFI_CERT_X509_GUID, UEFI 32.4.1, as stored */
static const uint8_t cert_sha256_guid[16] = {
	0x26, 0x16, 0xc4, 0xc1, 0x4c, 0x50, 0x92, 0x40,
	0xac, 0xa9, 0x41, 0xf9, 0x36, 0x93, 0x43, 0x28,
};
static const uint8_t cert_x509_guid[16] = {
	0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a,
	0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72,
};

static bool is_hash_of(const struct digest *digest, struct hasher *hasher, struct span part)
{
	struct digest computed;

	return hasher_digest(hasher, &part, 1, &computed) == OK && digest_equal(&computed, digest);
}

static bool strip_grub_prefix(struct span payload, struct span *text)
{
	for (size_t i = 0; i < sizeof(grub_prefixes) / sizeof(grub_prefixes[0]); i++) {
		size_t len = strlen(grub_prefixes[i]);

		if (!span_starts_with(payload, grub_prefixes[i]))
			continue;
		*text = (struct span){ .data = payload.data + len, .len = payload.len - len };
		if (text->len > 0 && text->data[text->len - 1] == 0)
			text->len--;
		return true;
	}
	return false;
}

bool boot_payload_is_measured(const struct boot_event *event, enum digest_alg alg,
			      struct hasher *hasher, struct span *measured)
{
	const struct digest *digest = boot_event_digest(event, alg);
	struct span part = event->payload;

	if (digest == NULL || !boot_event_extends(event) || hasher->alg != alg)
		return false;
	if (!is_hash_of(digest, hasher, part) &&
	    (event->type != EV_IPL || !strip_grub_prefix(event->payload, &part) ||
	     !is_hash_of(digest, hasher, part)))
		return false;
	*measured = part;
	return true;
}

/* A field of 64-bit length: what exceeds the rest must not wrap on the way. */
static struct span take_counted(struct reader *r, uint64_t count, size_t unit)
{
	if (count > r->rest.len / unit)
		reader_fail(r, STATUS_TRUNCATED);
	return reader_take(r, r->status == OK ? (size_t)count * unit : 0);
}

static void take_guid(struct reader *r, uint8_t out[16])
{
	struct span guid = reader_take(r, 16);

	if (guid.len == 16)
		memcpy(out, guid.data, 16);
}

enum status uefi_variable_parse(struct span payload, struct uefi_variable *out)
{
	struct reader r = reader_over(payload);
	struct uefi_variable v = { 0 };

	take_guid(&r, v.guid);
	uint64_t name_chars = reader_le64(&r);
	uint64_t content_len = reader_le64(&r);
	v.name = take_counted(&r, name_chars, 2);
	v.content = take_counted(&r, content_len, 1);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = v;
	return end;
}

bool uefi_variable_is_named(const struct uefi_variable *variable, const char *name)
{
	size_t len = strlen(name);

	if (variable->name.len != len * 2)
		return false;
	for (size_t i = 0; i < len; i++)
		if (variable->name.data[i * 2] != (uint8_t)name[i] ||
		    variable->name.data[i * 2 + 1] != 0)
			return false;
	return true;
}

enum status uefi_image_parse(struct span payload, struct uefi_image *out)
{
	struct reader r = reader_over(payload);
	struct uefi_image image = { 0 };

	image.location = reader_le64(&r);
	image.length = reader_le64(&r);
	image.link_time_address = reader_le64(&r);
	image.device_path = take_counted(&r, reader_le64(&r), 1);

	enum status end = reader_end(&r);
	if (end == OK)
		*out = image;
	return end;
}

struct signature_list signature_list_over(struct span content)
{
	return (struct signature_list){ .reader = reader_over(content) };
}

/* EFI_SIGNATURE_LIST: type, size of the list, of its header, of an entry. */
static void open_list(struct signature_list *list)
{
	struct reader *r = &list->reader;

	take_guid(r, list->type);
	uint32_t list_size = reader_le32(r);
	uint32_t header_size = reader_le32(r);
	uint32_t entry_size = reader_le32(r);

	/* An entry is its owner and something of his; a size that does not divide the
	 * list leaves bytes that one reader would skip and another would not. */
	if (list_size < 28 || header_size > list_size - 28 || entry_size <= 16 ||
	    (list_size - 28 - header_size) % entry_size != 0)
		reader_fail(r, STATUS_MALFORMED);
	reader_skip(r, header_size);
	list->entry_size = entry_size;
	list->entries = reader_within(r, r->status == OK ? list_size - 28 - header_size : 0);
}

enum status signature_list_next(struct signature_list *list, struct signature_entry *out)
{
	struct signature_entry entry = { 0 };

	while (list->entries.rest.len == 0) {
		if (list->reader.status != OK)
			return list->reader.status;
		if (list->reader.rest.len == 0)
			return STATUS_NOT_FOUND;
		open_list(list);
	}
	memcpy(entry.type, list->type, sizeof(entry.type));
	take_guid(&list->entries, entry.owner);
	entry.content = reader_take(&list->entries, list->entry_size - 16);
	*out = entry;
	return OK;
}

bool signature_entry_is_sha256(const struct signature_entry *entry)
{
	return memcmp(entry->type, cert_sha256_guid, sizeof(cert_sha256_guid)) == 0 &&
	       entry->content.len == SHA256_SIZE;
}

bool signature_entry_is_x509(const struct signature_entry *entry)
{
	return memcmp(entry->type, cert_x509_guid, sizeof(cert_x509_guid)) == 0;
}
