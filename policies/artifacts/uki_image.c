/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/uki_image.h"

/* In the order in which the stub measures them; .pcrsig never is. */
static const char *const measured[] = {
	".linux", ".osrel", ".cmdline", ".initrd", ".splash", ".dtb", ".pcrpkey",
};

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* "#### LoaderInfo: systemd-stub 252.39-1~deb12u2 ####" */
static unsigned version_of(struct span magic)
{
	static const char words[] = "systemd-stub ";
	const uint8_t *at = NULL;
	unsigned version = 0;

	if (magic.len > 0)
		at = memmem(magic.data, magic.len, words, sizeof(words) - 1);
	if (at == NULL)
		return 0;
	at += sizeof(words) - 1;
	for (const uint8_t *end = magic.data + magic.len; at < end && is_digit(*at); at++) {
		if (version > 9999)
			return 0;
		version = version * 10 + (unsigned)(*at - '0');
	}
	return version;
}

/* OK with an empty span where there is none. The stub takes a section as long as it is in
 * memory, zeros that the file lacks included. */
static enum status content_of(const struct pe_image *image, const char *name, struct span *out)
{
	struct pe_section section;
	enum status status = pe_image_section(image, name, &section);

	*out = (struct span){ 0 };
	if (status == OK && section.virtual_size > section.raw_size)
		return STATUS_UNSUPPORTED;
	if (status == OK)
		*out = section.content;
	return status == STATUS_NOT_FOUND ? OK : status;
}

enum status uki_image_parse(const struct pe_image *image, struct uki_image *out)
{
	struct uki_image uki = { 0 };
	struct span magic;
	struct span added[2];
	enum status status = content_of(image, ".linux", &uki.kernel);

	if (status == OK && uki.kernel.len == 0)
		return STATUS_NOT_FOUND;
	if (status == OK)
		status = content_of(image, ".sdmagic", &magic);
	if (status == OK)
		status = content_of(image, ".initrd", &uki.initrd);
	if (status == OK)
		status = content_of(image, ".cmdline", &uki.command_line);
	if (status == OK)
		status = content_of(image, ".pcrsig", &added[0]);
	if (status == OK)
		status = content_of(image, ".pcrpkey", &added[1]);
	if (status != OK)
		return status;
	uki.stub_version = version_of(magic);
	uki.adds_to_initrd = added[0].len > 0 || added[1].len > 0;
	while (uki.command_line.len > 0 && uki.command_line.data[uki.command_line.len - 1] == 0)
		uki.command_line.len--;
	*out = uki;
	return OK;
}

static enum status extend(struct hasher *hasher, struct digest *pcr, struct span content)
{
	struct digest digest;
	enum status status = hasher_digest(hasher, &content, 1, &digest);

	return status == OK ? hasher_extend(hasher, pcr, digest_span(&digest)) : status;
}

static enum status extend_parts(const struct pe_image *image, struct hasher *hasher,
				struct digest *pcr)
{
	for (size_t i = 0; i < sizeof(measured) / sizeof(measured[0]); i++) {
		/* Its name with the closing NUL. */
		struct span name = { (const uint8_t *)measured[i], strlen(measured[i]) + 1 };
		struct span content;
		enum status status = content_of(image, measured[i], &content);

		/* An empty one is none to the stub. */
		if (status == OK && content.len == 0)
			continue;
		if (status == OK)
			status = extend(hasher, pcr, name);
		if (status == OK)
			status = extend(hasher, pcr, content);
		if (status != OK)
			return status;
	}
	return OK;
}

static enum status extend_phases(struct hasher *hasher, struct digest pcr,
				 const char *const phases[], size_t count, struct uki_values *out)
{
	for (size_t i = 0; i < count; i++) {
		enum status status = extend(hasher, &pcr, span_text(phases[i]));

		if (status != OK)
			return status;
		out->value[out->count++] = pcr;
	}
	return OK;
}

enum status uki_predict(const struct pe_image *image, enum digest_alg bank, struct uki_values *out)
{
	static const char *const phases[] = { "enter-initrd", "leave-initrd", "sysinit", "ready" };
	AUTO_DONE(hasher) hasher = { 0 };
	struct uki_values values = { .count = 1, .value = { digest_filled(bank, 0) } };
	enum status status = hasher_init(&hasher, bank);

	if (status == OK)
		status = extend_parts(image, &hasher, &values.value[0]);
	if (status == OK)
		status = extend_phases(&hasher, values.value[0], phases, 4, &values);
	if (status == OK)
		status = extend_phases(&hasher, values.value[0], phases + 2, 2, &values);
	if (status == OK)
		*out = values;
	return status;
}
