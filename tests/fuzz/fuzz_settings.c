/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/settings.h"
#include "fuzz.h"

static const struct setting schema[] = {
	{ "server", false, "listen", SETTING_TEXT, 0, 40, "[::]:8443", false, "where" },
	{ "server", false, "port", SETTING_NUMBER, 1, 65535, "8443", false, "port" },
	{ "server", false, "admins", SETTING_LIST, 0, 0, NULL, false, "who" },
	{ "server", false, "strict", SETTING_BOOL, 0, 0, "no", false, "how" },
	{ "identity", true, "spiffe_id", SETTING_TEXT, 0, 0, NULL, true, "its name" },
	{ NULL, false, NULL, SETTING_TEXT, 0, 0, NULL, false, NULL },
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO(settings) s = NULL;
	struct settings_error error = { 0 };

	if (settings_new(schema, &s) != OK)
		return 0;
	if (settings_parse(s, "x.conf", 0, (struct span){ data, len }, &error) != OK) {
		/* It says what is wrong, and where. */
		must(strstr(error.text, "x.conf") != NULL);
		return 0;
	}

	int64_t port = settings_number(s, "server", NULL, "port");

	must(port >= 1 && port <= 65535);
	must(strlen(settings_text(s, "server", NULL, "listen")) <= 40);
	for (size_t i = 0; i < settings_name_count(s, "identity"); i++)
		(void)settings_text(s, "identity", settings_name(s, "identity", i), "spiffe_id");
	return 0;
}
