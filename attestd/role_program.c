/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/role_program.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attestd/configuration.h"
#include "daemon/role.h"

/* Larger blocks are mapped and given back. */
#define MAPPED_FROM ((int)256 << 10)

static int check_configuration(const char *path)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error = { 0 };
	enum status status = configuration_load(path, &c, &error);

	if (status == OK) {
		(void)printf("%s: good\n", path);
		return EXIT_SUCCESS;
	}
	(void)fprintf(stderr, "attestd: %s\n",
		      error.text[0] != '\0' ? error.text : status_text(status));
	return ROLE_CONFIGURATION_UNUSABLE;
}

static int run(const struct role_program *program, const char *configuration_path)
{
	/* Set, it stays: left alone it grows with the first log of megabytes, and
	 * the heap keeps what came next. */
	(void)mallopt(M_MMAP_THRESHOLD, MAPPED_FROM);
	role_begin(program->name, program->fds);
	return program->run(configuration_path);
}

int role_program_main(int argc, char **argv, const struct role_program *program)
{
	if (argc == 5 && strcmp(argv[1], "--role") == 0 && strcmp(argv[2], program->name) == 0 &&
	    strcmp(argv[3], "--config") == 0)
		return run(program, argv[4]);
	if (argc == 4 && strcmp(argv[1], "--check-config") == 0 && strcmp(argv[2], "--config") == 0)
		return check_configuration(argv[3]);
	if (argc == 2 && strcmp(argv[1], "--help-settings") == 0) {
		settings_print_schema(configuration_schema);
		return EXIT_SUCCESS;
	}
	(void)fputs("a part of attestd, which starts it; see attestd(8)\n", stderr);
	return 2;
}
