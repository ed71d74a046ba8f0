/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Holds a TPM at a command of its users, so that something can be done to them
 * there.
 *
 *	tpm_trap SWTPM-PORT
 *
 * prints the port that it serves in the TPM's place, then takes lines: "at CODE"
 * (hexadecimal) holds each such command from its answer "set" on, "go" lets the one
 * that is held pass, "off" all of them. It prints "at CODE" when it holds one and "off"
 * when it was told so, after which no "at" of before comes; it ends with its input.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tpm_proxy.h"

static struct tpm_proxy proxy;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static uint32_t held; /* 0: none */
static bool is_held;

static void hold(uint32_t command)
{
	(void)pthread_mutex_lock(&lock);
	if (command == held) {
		is_held = true;
		(void)printf("at %03x\n", command);
		(void)fflush(stdout);
	}
	while (is_held)
		(void)pthread_cond_wait(&go, &lock);
	(void)pthread_mutex_unlock(&lock);
}

static void let_go(void)
{
	is_held = false;
	(void)pthread_cond_broadcast(&go);
}

static void say(const char *word)
{
	(void)puts(word);
	(void)fflush(stdout);
}

static void obey(const char *line)
{
	(void)pthread_mutex_lock(&lock);
	if (strncmp(line, "at ", 3) == 0) {
		held = (uint32_t)strtoul(line + 3, NULL, 16);
		say("set");
	}
	if (strcmp(line, "off\n") == 0) {
		held = 0;
		say("off");
	}
	if (strcmp(line, "go\n") == 0 || held == 0)
		let_go();
	(void)pthread_mutex_unlock(&lock);
}

static void serve_lines(void)
{
	char line[64];

	while (fgets(line, sizeof(line), stdin) != NULL)
		obey(line);
	obey("off\n");
}

int main(int argc, char **argv)
{
	proxy.on_command = hold;
	if (argc != 2 || !tpm_proxy_start(&proxy, (uint16_t)strtoul(argv[1], NULL, 10)))
		return 2;
	(void)printf("%u\n", proxy.port);
	(void)fflush(stdout);
	serve_lines();
	tpm_proxy_stop(&proxy);
	return 0;
}
