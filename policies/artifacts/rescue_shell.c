/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/artifacts/rescue_shell.h"

#include <string.h>

static const struct {
	const char *code, *advice;
} shells[RESCUE_SHELLS] = {
	[RESCUE_INITRAMFS_TOOLS] = { "rescue-shell-initramfs-tools",
				     "an initramfs of initramfs-tools gives a root shell before "
				     "the IMA policy: say panic=-1" },
	[RESCUE_DRACUT] = { "rescue-shell-dracut",
			    "an initramfs of dracut gives a root shell before the IMA policy: say "
			    "rd.shell=0 rd.emergency=reboot" },
	[RESCUE_ASKED] = { "rescue-shell-asked",
			   "a word asks for a root shell before the IMA policy: leave out "
			   "rd.break, "
			   "rdbreak, rd.systemd.break, rd.systemd.debug_shell, "
			   "SYSTEMD_SULOGIN_FORCE" },
};

const char *rescue_shell_code(enum rescue_shell shell)
{
	return shells[shell].code;
}

const char *rescue_shell_advice(enum rescue_shell shell)
{
	return shells[shell].advice;
}

/* The kernel's: lib/cmdline.c. */
static bool is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool next_word(struct span *rest, struct span *word)
{
	while (rest->len > 0 && is_blank(rest->data[0])) {
		rest->data++;
		rest->len--;
	}
	*word = (struct span){ .data = rest->data };
	while (rest->len > 0 && !is_blank(rest->data[0])) {
		word->len++;
		rest->data++;
		rest->len--;
	}
	return word->len > 0;
}

/* Earlier ones take another value for none at all. */
static bool is_timeout(struct span value)
{
	if (span_equal(value, span_text("-1")))
		return true;
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < '0' || value.data[i] > '9')
			return false;
	return value.len > 0;
}

/* What a word says about a shell. */
enum says {
	SAYS_NOTHING,
	SAYS_NO,
	SAYS_YES,
};

static enum says says_initramfs_tools(struct span word)
{
	static const char name[] = "panic=";
	const size_t len = sizeof(name) - 1;

	if (!span_starts_with(word, name))
		return SAYS_NOTHING;
	return is_timeout((struct span){ .data = word.data + len, .len = word.len - len })
		       ? SAYS_NO
		       : SAYS_YES;
}

static enum says says_dracut(struct span word)
{
	static const char *const off[] = { "rd.shell=0", "rd.shell=no", "rd.shell=off" };

	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		if (span_equal(word, span_text(off[i])))
			return SAYS_NO;
	return span_starts_with(word, "rd.shell") ? SAYS_YES : SAYS_NOTHING;
}

/* With a value or without, and whatever it is: none of them belongs on a line that counts. */
static enum says says_asked(struct span word)
{
	static const char *const asking[] = { "rd.break",
					      "rdbreak",
					      "rd.systemd.break",
					      "rd.systemd.debug",
					      "SYSTEMD_SULOGIN_FORCE",
					      "systemd.setenv=SYSTEMD_SULOGIN_FORCE" };

	for (size_t i = 0; i < sizeof(asking) / sizeof(asking[0]); i++)
		if (span_starts_with(word, asking[i]))
			return SAYS_YES;
	return SAYS_NOTHING;
}

bool rescue_shell_is_left(enum rescue_shell shell, struct span command_line)
{
	static enum says (*const says[RESCUE_SHELLS])(struct span) = {
		[RESCUE_INITRAMFS_TOOLS] = says_initramfs_tools,
		[RESCUE_DRACUT] = says_dracut,
		[RESCUE_ASKED] = says_asked,
	};
	bool is_left = shell != RESCUE_ASKED;
	bool is_quoted = false;
	struct span word;

	while (next_word(&command_line, &word)) {
		enum says said = says[shell](word);

		is_quoted = is_quoted || memchr(word.data, '"', word.len) != NULL;
		if (said == SAYS_YES)
			return true;
		if (said == SAYS_NO && !is_quoted)
			is_left = false;
	}
	return is_left;
}
