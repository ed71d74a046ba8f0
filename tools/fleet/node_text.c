/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/node_text.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

const char *node_text(json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text == NULL ? "" : text;
}

void node_text_put(const char *text)
{
	for (; *text != '\0'; text++)
		putchar((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

static void put_or(const char *text, const char *otherwise)
{
	node_text_put(*text == '\0' ? otherwise : text);
}

void node_text_field(const char *name, const char *text)
{
	if (*text == '\0')
		return;
	printf("  %-14s", name);
	node_text_put(text);
	putchar('\n');
}

void node_text_time(const char *name, json_t *node, const char *member)
{
	time_t at = (time_t)json_integer_value(json_object_get(node, member));
	struct tm utc;
	char text[32];

	if (at > 0 && gmtime_r(&at, &utc) != NULL &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &utc) > 0)
		node_text_field(name, text);
}

void node_text_line(json_t *node)
{
	node_text_put(node_text(node, "id"));
	printf("  ");
	node_text_put(node_text(node, "state"));
	printf("%*s  ", (int)(11 - strnlen(node_text(node, "state"), 11)), "");
	put_or(node_text(node, "class"), "-");
	printf("  ");
	put_or(node_text(node, "host"), "-");
	/* The host's own word, until somebody approved it. */
	if (*node_text(node, "host") == '\0' && *node_text(node, "hostname") != '\0') {
		printf("  (calls itself ");
		node_text_put(node_text(node, "hostname"));
		putchar(')');
	}
	putchar('\n');
}

static void put_tpm(json_t *node)
{
	json_t *tpm = json_object_get(node, "tpm");
	json_t *quirks = json_object_get(tpm, "quirks");
	size_t i;
	json_t *quirk;

	printf("  %-14s", "TPM");
	put_or(node_text(tpm, "manufacturer"), "unknown maker");
	printf(" ");
	node_text_put(node_text(tpm, "model"));
	printf(" ");
	node_text_put(node_text(tpm, "version"));
	printf("%s\n", json_is_true(json_object_get(tpm, "software")) ? ", in software" : "");
	json_array_foreach(quirks, i, quirk)
	{
		printf("  %-14s", i == 0 ? "quirks" : "");
		node_text_put(json_string_value(quirk) == NULL ? "" : json_string_value(quirk));
		putchar('\n');
	}
}

static void put_reason(json_t *reason)
{
	json_t *entry = json_object_get(reason, "entry");

	printf("\n  %s", node_text(reason, "code"));
	if (entry != NULL)
		printf(", entry %lld of the log", (long long)json_integer_value(entry));
	putchar('\n');
	node_text_field("what", node_text(reason, "detail"));
	node_text_field("layer", node_text(reason, "layer"));
	node_text_field("owner", node_text(reason, "owner"));
	node_text_field("contact", node_text(reason, "contact"));
	node_text_field("do", node_text(reason, "advice"));
}

static void put_reasons(json_t *node)
{
	size_t i;
	json_t *reason;

	json_array_foreach(json_object_get(node, "reasons"), i, reason) put_reason(reason);
}

void node_text_show(json_t *node)
{
	printf("%s\n", node_text(node, "id"));
	node_text_field("state", node_text(node, "state"));
	node_text_field("host", node_text(node, "host"));
	node_text_field("class", node_text(node, "class"));
	node_text_field("calls itself", node_text(node, "hostname"));
	put_tpm(node);
	node_text_time("enrolled", node, "enrolled");
	node_text_time("attested", node, "attested");
	node_text_time("right until", node, "grantExpires");
	node_text_field("note", node_text(node, "note"));
	put_reasons(node);
}

struct explanation {
	const char *state, *words;
};

static const struct explanation explanations[] = {
	{ "pending", "It proved its TPM, but nobody has said yet which host and class it is.\n"
		     "Do: attestctl node approve ID --host HOST --class CLASS, or list its EK in "
		     "the inventory." },
	{ "trusted", "It is trusted: its TPM proves that it runs what a signed release allows." },
	{ "warned", "Nothing known to be bad was found, but not everything could be shown to be "
		    "good: no right is granted." },
	{ "untrusted", "Its last evidence did not match the signed releases: no right is granted "
		       "until it does." },
	{ "stale", "It has not attested of late: unreachable is not untrusted, its right has run "
		   "out by itself.\nDo: see whether attestd runs there (systemctl status attestd) "
		   "and reaches this verifier." },
	{ "quarantined",
	  "A person took its right away.\n"
	  "Do: attestctl node release ID --reason TEXT --sign-key KEY, when the cause "
	  "is gone." },
	{ "retired", "A person retired it; it comes back by no other way than a new enrolment "
		     "decision." },
};

void node_text_explain(json_t *node)
{
	const char *state = node_text(node, "state");

	node_text_line(node);
	for (size_t i = 0; i < sizeof(explanations) / sizeof(explanations[0]); i++)
		if (strcmp(explanations[i].state, state) == 0)
			puts(explanations[i].words);
	node_text_field("note", node_text(node, "note"));
	put_reasons(node);
}
