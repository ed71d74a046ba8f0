/* SPDX-License-Identifier: Apache-2.0 */
/* The one process of verifierd that speaks to a release server; see verifierd(8). */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "daemon/log.h"
#include "daemon/role.h"
#include "verifier/fetcher/confine.h"
#include "verifier/fetcher/fetcher.h"

static bool read_options(int argc, char **argv, struct fetcher_settings *out)
{
	static const struct option known[] = {
		{ "role", required_argument, NULL, 'r' },
		{ "url", required_argument, NULL, 'u' },
		{ "directory", required_argument, NULL, 'd' },
		{ "ca", required_argument, NULL, 'c' },
		{ "total-max", required_argument, NULL, 't' },
		{ "unconditional", no_argument, NULL, 'a' },
		{ 0 },
	};
	bool is_role = false;

	opterr = 0;
	out->is_conditional = true;
	for (int option; (option = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		if (option == 'r')
			is_role = strcmp(optarg, "fetcher") == 0;
		else if (option == 'u')
			out->https.url = optarg;
		else if (option == 'd')
			out->directory = optarg;
		else if (option == 'c')
			out->https.ca = optarg;
		else if (option == 'a')
			out->is_conditional = false;
		else if (option != 't' ||
			 decimal_parse(span_text(optarg), INT64_MAX, &out->total_max) != OK)
			return false;
	}
	return optind == argc && is_role && out->https.url != NULL && out->directory != NULL &&
	       out->total_max > 0;
}

int main(int argc, char **argv)
{
	struct fetcher_settings settings = { 0 };

	if (!read_options(argc, argv, &settings)) {
		(void)fputs("a part of verifierd, which starts it; see verifierd(8)\n", stderr);
		return 2;
	}
	role_begin("fetcher", 1);
	log_open("verifierd/fetcher", LOG_LEVEL_INFO);
	if (mkdir(settings.directory, S_IRWXU) != 0 && errno != EEXIST)
		log_line(LOG_LEVEL_ERROR, "%s: %s", settings.directory, strerror(errno));
	if (!fetcher_confine(&settings))
		log_line(LOG_LEVEL_WARNING,
			 "no Landlock (%s): what this process may open is not confined",
			 errno == EPERM ? "the service's system call filter refuses it"
					: strerror(errno));
	return fetcher_run(&settings, ROLE_FD_FIRST);
}
