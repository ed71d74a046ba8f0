/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a TPM at a command of its users, so that something can be done to them
 * there.
 *
 *	tpm_trap SWTPM-PORT
 *
 * prints the port that it serves in the TPM's place, then takes lines: "at CODE"
 * (hexadecimal) holds each such command from now on, "go" lets the one that is
 * held pass, "off" all of them. It prints "at CODE" when it holds one, and ends
 * with its input.
 */
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm_proxy.h"

static struct tpm_proxy proxy;
static _Atomic uint32_t held; /* 0: none */
static atomic_bool is_held;
static sem_t go;

static void hold(uint32_t command)
{
	if (command != held)
		return;
	is_held = true;
	(void)printf("at %03x\n", command);
	(void)fflush(stdout);
	(void)sem_wait(&go);
}

static void let_go(void)
{
	if (is_held)
		(void)sem_post(&go);
	is_held = false;
}

static void serve_lines(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		if (strncmp(line, "at ", 3) == 0)
			held = (uint32_t)strtoul(line + 3, NULL, 16);
		if (strcmp(line, "off\n") == 0)
			held = 0;
		if (strcmp(line, "go\n") == 0 || strcmp(line, "off\n") == 0)
			let_go();
	}
	held = 0;
	let_go();
}

int main(int argc, char **argv)
{
	proxy.on_command = hold;
	if (argc != 2 || sem_init(&go, 0, 0) != 0 ||
	    !tpm_proxy_start(&proxy, (uint16_t)strtoul(argv[1], NULL, 10)))
		return 2;
	(void)printf("%u\n", proxy.port);
	(void)fflush(stdout);
	serve_lines();
	tpm_proxy_stop(&proxy);
	return 0;
}
