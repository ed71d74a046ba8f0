/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/command_line.h"
#include "daemon/log.h"
#include "daemon/role.h"
#include "verifier/following.h"
#include "verifier/initialise.h"
#include "verifier/open_files.h"
#include "verifier/role_set.h"
#include "verifier/supervisor.h"

#define DEFAULT_PATH CONFIGURATION_DIRECTORY "/verifierd.conf"
#define NAMES_MAX 16

static const char default_trust_domain[] = "example.org";

struct options {
	const char *path;
	const char *role;
	const char *clock_reason;
	const char *follow; /* of the loader: "news" or "all"; NULL: its directory */
	bool is_check, is_verbose;
	struct initialise_options init;
	const char *names[NAMES_MAX];
};

static void print_help(void)
{
	puts("usage: verifierd [--config FILE] [--verbose]\n"
	     "       verifierd --check-config [--config FILE]\n"
	     "       verifierd --accept-clock REASON [--config FILE]\n"
	     "       verifierd --init DIR [--trust-domain D] [--name HOST]... > verifierd.conf\n"
	     "       verifierd --help-settings | --help | --version\n\n"
	     "Verifies what nodes attest and grants those that pass the right to mint\n"
	     "identities. Verdicts rest on signed releases only; see verifierd(8).\n\n"
	     "  --config FILE      settings, with drop-ins in FILE.d/*.conf\n"
	     "                     (" DEFAULT_PATH ")\n"
	     "  --check-config     read the settings, say what is wrong, exit 0 or 2\n"
	     "  --accept-clock REASON\n"
	     "                     after clock-set-back: the clock is right now and was wrong\n"
	     "                     before; on record in the audit log, no restart needed\n"
	     "  --help-settings    every setting with its bounds and default\n"
	     "  --init DIR         make keys and certificates in DIR, print settings for them\n"
	     "  --trust-domain D   of --init; example.org\n"
	     "  --name HOST        of --init: a DNS name or address in the TLS certificate;\n"
	     "                     localhost and 127.0.0.1\n"
	     "  --verbose          say more\n"
	     "  --version\n"
	     "  --help\n\n"
	     "SIGHUP loads the release directory at once, or asks the URL that is followed for\n"
	     "news; otherwise the one is looked at every few seconds, the other as settings say.");
}

static int misused(const char *how)
{
	(void)fprintf(stderr, "verifierd: %s; see verifierd --help\n", how);
	return 3;
}

/* What was asked for, one of them, and what goes with it alone. */
static int check_options(const struct options *o)
{
	if ((o->init.directory != NULL) + (o->clock_reason != NULL) + o->is_check > 1)
		return misused("one of --init, --accept-clock and --check-config at a time");
	if (o->init.directory == NULL &&
	    (o->init.name_count > 0 || o->init.trust_domain != default_trust_domain))
		return misused("--name and --trust-domain go with --init");
	if (o->clock_reason != NULL && !text_is_line(span_text(o->clock_reason)))
		return misused("a REASON is one line of UTF-8");
	return 0;
}

/* 0: go on; otherwise the exit status plus one. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "accept-clock", required_argument, NULL, 'a' },
		{ "config", required_argument, NULL, 'c' },
		{ "follow", required_argument, NULL, 'f' },
		{ "check-config", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ "help-settings", no_argument, NULL, 's' },
		{ "init", required_argument, NULL, 'i' },
		{ "name", required_argument, NULL, 'n' },
		{ "role", required_argument, NULL, 'r' },
		{ "trust-domain", required_argument, NULL, 't' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, 'V' },
		{ 0 },
	};

	for (int option; (option = command_line_next(argc, argv, "", known)) != -1;) {
		if (optarg != NULL && optarg[0] == '\0')
			return misused("an option's value is empty");
		if (option == 'c')
			o->path = optarg;
		else if (option == 'a')
			o->clock_reason = optarg;
		else if (option == 'f')
			o->follow = optarg;
		else if (option == 'k')
			o->is_check = true;
		else if (option == 'i')
			o->init.directory = optarg;
		else if (option == 'n' && o->init.name_count == NAMES_MAX)
			return misused("at most 16 times --name");
		else if (option == 'n')
			o->names[o->init.name_count++] = optarg;
		else if (option == 'r')
			o->role = optarg;
		else if (option == 't')
			o->init.trust_domain = optarg;
		else if (option == 'v')
			o->is_verbose = true;
		else if (option == 'h')
			return print_help(), 1;
		else if (option == 's')
			return settings_print_schema(verifierd_schema), 1;
		else if (option == 'V')
			return puts("verifierd " PACKAGE_VERSION), 1;
		else
			return misused("an option is wrong");
	}
	if (optind == argc)
		return check_options(o);
	(void)fprintf(stderr, "verifierd: '%s'? verifierd --help\n", argv[optind]);
	return 3;
}

static int run_signer(const struct configuration *c)
{
	role_begin("signer", 1);
	return signer_run(&c->signer, ROLE_FD_FIRST);
}

static int run_appraiser(const struct configuration *c)
{
	role_begin("appraiser", APPRAISER_SIGNER_AT + 1);
	return appraiser_run(&c->appraiser, ROLE_FD_FIRST, ROLE_FD_FIRST + APPRAISER_FRONT_AT,
			     ROLE_FD_FIRST + APPRAISER_SIGNER_AT);
}

static int run_front(const struct configuration *c)
{
	int admin = ROLE_FD_FIRST + FRONT_ADMIN_AT;

	role_begin("front", FRONT_ADMIN_AT + 1);
	if (c->admin_listen == NULL) {
		(void)close(admin);
		admin = -1;
	}
	return front_run(&c->front, ROLE_FD_FIRST, ROLE_FD_FIRST + FRONT_LISTEN_AT, admin);
}

static int run_loader(const struct configuration *c, const char *follow)
{
	if (follow == NULL) {
		role_begin("loader", 1);
		return loader_run(&c->loader, ROLE_FD_FIRST);
	}
	role_begin("loader", LOADER_FETCHER_AT + 1);
	return loader_follow(&c->loader, strcmp(follow, FOLLOW_NEWS) == 0, ROLE_FD_FIRST,
			     ROLE_FD_FIRST + LOADER_FETCHER_AT);
}

static int run_role(const char *name, const struct configuration *c, const char *follow)
{
	static const struct {
		const char *name, *log_name;
		int (*run)(const struct configuration *c);
	} roles[] = {
		{ "signer", "verifierd/signer", run_signer },
		{ "appraiser", "verifierd/appraiser", run_appraiser },
		{ "front", "verifierd/front", run_front },
	};

	if (strcmp(name, "loader") == 0) {
		log_open("verifierd/loader", LOG_LEVEL_INFO);
		return run_loader(c, follow);
	}

	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++) {
		if (strcmp(name, roles[i].name) != 0)
			continue;
		log_open(roles[i].log_name, LOG_LEVEL_INFO);
		return roles[i].run(c);
	}
	(void)fprintf(stderr, "verifierd: no role '%s'\n", name);
	return 2;
}

static int run_init(struct options *o)
{
	if (o->init.name_count == 0) {
		o->names[o->init.name_count++] = "localhost";
		o->names[o->init.name_count++] = "127.0.0.1";
	}
	o->init.names = o->names;
	return initialise_run(&o->init);
}

int main(int argc, char **argv)
{
	struct options o = { .path = DEFAULT_PATH, .init.trust_domain = default_trust_domain };
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;
	int end = read_options(argc, argv, &o);

	if (end != 0)
		return end - 1;
	log_open("verifierd", o.is_verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	if (o.init.directory != NULL)
		return run_init(&o);
	if (configuration_load(o.path, &c, &error) != OK) {
		(void)fprintf(stderr, "verifierd: %s\n", error.text);
		return 2;
	}
	if (o.is_check) {
		printf("%s: ok\n", o.path);
		return 0;
	}
	if (o.clock_reason != NULL)
		return signer_accept_clock(c.signer.store, o.clock_reason);
	if (o.role != NULL)
		return run_role(o.role, &c, o.follow);
	return open_files_raise(c.front.connections_max) ? supervisor_run(o.path, &c) : 2;
}
