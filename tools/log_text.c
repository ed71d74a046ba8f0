/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/log_text.h"

#include "base/text.h"

struct hex_text hex_text_of(struct span s)
{
	static const char digits[] = "0123456789abcdef";
	struct hex_text hex = { 0 };

	for (size_t i = 0; i < s.len && i < DIGEST_MAX; i++) {
		hex.text[i * 2] = digits[s.data[i] >> 4];
		hex.text[i * 2 + 1] = digits[s.data[i] & 15];
	}
	return hex;
}

void print_escaped(FILE *to, struct span s, size_t max)
{
	for (size_t i = 0; i < s.len && i < max; i++) {
		uint8_t c = s.data[i];

		if (c == '\\')
			fputs("\\\\", to);
		else if (c >= ' ' && c < 0x7f)
			fputc(c, to);
		else
			fprintf(to, "\\x%02x", c);
	}
	if (s.len > max)
		fputs("...", to);
}

void print_visible(FILE *to, const char *text)
{
	for (const char *c = text; *c != '\0'; c++)
		if (*c >= ' ' && *c < 0x7f)
			fputc(*c, to);
		else
			fprintf(to, "\\x%02x", (unsigned char)*c);
}

#define TEXT_HINT_BYTES 32

const char *text_hint(struct span file)
{
	for (size_t i = 0; i < file.len && i < TEXT_HINT_BYTES; i++)
		if ((file.data[i] < ' ' || file.data[i] > '~') && file.data[i] != '\n')
			return "";
	return file.len == 0 ? "" : " (this is text: the binary_ file is wanted, not ascii_)";
}

enum status print_report(json_t *report)
{
	if (report == NULL)
		return STATUS_NO_MEMORY;

	int failed = json_dumpf(report, stdout, JSON_COMPACT);
	json_decref(report);
	return failed != 0 || putchar('\n') == EOF ? STATUS_IO : OK;
}

void print_extend_start(FILE *to, unsigned pcr)
{
	fprintf(to, "%u:", pcr);
}

void print_extend_digest(FILE *to, const struct digest *digest, bool is_first)
{
	fprintf(to, "%s%s=%s", is_first ? "" : ",", digest_name(digest->alg),
		hex_text_of(digest_span(digest)).text);
}

bool banks_parse(const char *text, enum digest_alg banks[DIGEST_ALGS], size_t *count)
{
	struct span rest = span_text(text);
	struct span name;
	size_t n = 0;

	while (text_next_word(&rest, ',', &name)) {
		enum digest_alg alg = digest_alg_named(name);

		if (alg == DIGEST_NONE || n == DIGEST_ALGS)
			return false;
		for (size_t i = 0; i < n; i++)
			if (banks[i] == alg)
				return false;
		banks[n++] = alg;
	}
	*count = n;
	return n > 0;
}
