/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_INTEGRATION_TPM_PROXY_H
#define TESTS_INTEGRATION_TPM_PROXY_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Stands between tpm2-tss's swtpm TCTI and a software TPM, counts the commands
 * that pass, takes their time, and at one of them does what a TPM, a bus or a
 * process in between may do. A thread of its own; the functions below are for
 * any other.
 */
enum tpm_fault_kind {
	FAULT_CODE, /* a response code; the command is not run */
	FAULT_CLOSED, /* connection closed; the command is not run */
	FAULT_HANG, /* no answer until disarmed; the command is not run */
	FAULT_LOST, /* run, and the connection closed without an answer */
	FAULT_TRUNCATED, /* run, and half of the answer */
	FAULT_HEADER, /* run, and an answer without its body */
	FAULT_OVERSIZED, /* run, and the answer says that it is 4 GiB long */
	FAULT_LONGER, /* run, and the answer has a byte too many */
	FAULT_TINY, /* run, and the answer says that it is 4 bytes long */
	FAULT_RANDOM, /* run, and a good header before random bytes */
	FAULT_NOISE, /* run, and random bytes only */
	FAULT_OTHER, /* run, and the answer to the command before */
};

struct tpm_fault {
	const char *name;
	enum tpm_fault_kind kind;
	uint32_t code;
};

extern const struct tpm_fault tpm_faults[];
extern const size_t tpm_fault_count;
/* NULL: no fault has this name. */
const struct tpm_fault *tpm_fault_find(const char *name);

#define TPM_COMMANDS_MAX 512
#define TPM_RESPONSE_MAX 4096

struct tpm_proxy {
	uint16_t port; /* and port + 1 for control */
	uint16_t tpm_port;
	pthread_t thread;
	int listener, control;
	pthread_mutex_t lock; /* what follows */
	bool is_ending;
	const struct tpm_fault *fault; /* NULL: disarmed */
	size_t at; /* the first command that it strikes, from 1 on */
	bool is_lasting; /* and all that follow */
	size_t hits;
	uint32_t hit_command;
	size_t count;
	uint32_t commands[TPM_COMMANDS_MAX];
	double busy_s; /* from a command's last byte to its answer's */
	uint8_t before[TPM_RESPONSE_MAX]; /* the last answer */
	size_t before_len;
	/* Called in the proxy's thread with each command, before the TPM has it; set
	 * before the start. */
	void (*on_command)(uint32_t command);
};

/* False where no port was free. */
bool tpm_proxy_start(struct tpm_proxy *p, uint16_t tpm_port);
void tpm_proxy_stop(struct tpm_proxy *p);
/* Counts from 0 again. */
void tpm_proxy_arm(struct tpm_proxy *p, size_t at, const struct tpm_fault *fault, bool is_lasting);
void tpm_proxy_disarm(struct tpm_proxy *p);
size_t tpm_proxy_hits(struct tpm_proxy *p);
size_t tpm_proxy_count(struct tpm_proxy *p);
double tpm_proxy_busy_s(struct tpm_proxy *p);
/* By another way than the proxy's: true where the TPM said yes; what it answered after its
 * header, four bytes, where out is not NULL. */
bool tpm_proxy_past(struct tpm_proxy *p, const uint8_t *command, size_t len, uint32_t *out);
/* The one whose turn it was, of those that were counted; 0: there were fewer. */
uint32_t tpm_proxy_command(struct tpm_proxy *p, size_t at);
/* Objects and sessions that are loaded in the TPM; negative: it does not say. */
int tpm_proxy_loaded(struct tpm_proxy *p);
/* A PCR of the SHA-256 bank. */
bool tpm_proxy_pcr(struct tpm_proxy *p, unsigned pcr, uint8_t value[32]);

#endif
