/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/evidence/boot_text.h"

#include "tools/log_text.h"
#include "tpm/boot_payload.h"

#define TEXT_MAX 160
#define HEX_BYTES_MAX 16

static bool is_printable(uint8_t c)
{
	return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t';
}

static struct span without_closing_zeros(struct span s, size_t unit)
{
	while (s.len >= unit && s.len > 0 && s.data[s.len - 1] == 0 && s.data[s.len - unit] == 0)
		s.len -= unit;
	return s;
}

static bool is_ascii(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_printable(s.data[i]))
			return false;
	return s.len > 0;
}

static bool is_utf16(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (i % 2 == 0 ? !is_printable(s.data[i]) : s.data[i] != 0)
			return false;
	return s.len > 0 && s.len % 2 == 0;
}

/* The ASCII half of UTF-16LE; other characters as their two bytes. */
static void print_utf16(FILE *to, struct span s)
{
	for (size_t i = 0; i + 1 < s.len && i < (size_t)TEXT_MAX * 2; i += 2)
		print_escaped(
			to, (struct span){ .data = s.data + i, .len = s.data[i + 1] == 0 ? 1 : 2 },
			2);
}

static void print_bytes(FILE *to, struct span s)
{
	struct span head = s;

	if (head.len > HEX_BYTES_MAX)
		head.len = HEX_BYTES_MAX;
	if (s.len == 0)
		fputs("(empty)", to);
	else if (s.len <= HEX_BYTES_MAX)
		fputs(hex_text_of(head).text, to);
	else
		fprintf(to, "%s... (%zu bytes)", hex_text_of(head).text, s.len);
}

static void print_guess(FILE *to, struct span payload)
{
	struct span ascii = without_closing_zeros(payload, 1);
	struct span wide = without_closing_zeros(payload, 2);

	if (is_ascii(ascii))
		print_escaped(to, ascii, TEXT_MAX);
	else if (is_utf16(wide))
		print_utf16(to, wide);
	else
		print_bytes(to, payload);
}

static bool print_variable(FILE *to, struct span payload)
{
	struct uefi_variable variable;

	if (uefi_variable_parse(payload, &variable) != OK)
		return false;
	print_utf16(to, variable.name);
	fputs(" = ", to);
	print_bytes(to, variable.content);
	return true;
}

/* Names of files in an EFI_DEVICE_PATH (UEFI 10.3.5.4: media, file path). */
static bool print_files(FILE *to, struct span device_path)
{
	struct reader r = reader_over(device_path);
	bool found = false;

	while (!reader_is_done(&r)) {
		uint8_t type = reader_u8(&r);
		uint8_t subtype = reader_u8(&r);
		uint16_t len = reader_le16(&r);

		if (len < 4)
			break;

		struct span content = reader_take(&r, (size_t)len - 4);
		if (type == 4 && subtype == 4 && r.status == OK) {
			print_utf16(to, without_closing_zeros(content, 2));
			found = true;
		}
	}
	return found;
}

static bool print_image(FILE *to, struct span payload)
{
	struct uefi_image image;

	if (uefi_image_parse(payload, &image) != OK)
		return false;
	if (!print_files(to, image.device_path))
		fputs("image", to);
	fprintf(to, " (%llu bytes)", (unsigned long long)image.length);
	return true;
}

static bool print_no_action(FILE *to, struct span payload)
{
	struct span signature = { .data = payload.data, .len = 16 };

	if (payload.len < 16 || !is_ascii(without_closing_zeros(signature, 1)))
		return false;
	print_escaped(to, without_closing_zeros(signature, 1), TEXT_MAX);
	fputs(": ", to);
	print_bytes(to, (struct span){ .data = payload.data + 16, .len = payload.len - 16 });
	return true;
}

void print_boot_payload(FILE *to, const struct boot_event *event)
{
	bool is_printed = false;

	switch (event->type) {
	case EV_NO_ACTION:
		is_printed = print_no_action(to, event->payload);
		break;
	case EV_EFI_VARIABLE_DRIVER_CONFIG:
	case EV_EFI_VARIABLE_BOOT:
	case EV_EFI_VARIABLE_BOOT2:
	case EV_EFI_VARIABLE_AUTHORITY:
		is_printed = print_variable(to, event->payload);
		break;
	case EV_EFI_BOOT_SERVICES_APPLICATION:
	case EV_EFI_BOOT_SERVICES_DRIVER:
	case EV_EFI_RUNTIME_SERVICES_DRIVER:
		is_printed = print_image(to, event->payload);
		break;
	default:
		break;
	}
	if (!is_printed)
		print_guess(to, event->payload);
}
