/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SIGNER_PROCESS_H
#define TESTS_SIGNER_PROCESS_H

#include <sys/types.h>

#include "daemon/channel.h"
#include "signer_files.h"
#include "verifier/signer_messages.h"

/* The signer as the process it is. unit.h comes first. */
#define PATIENCE_MS 60000

struct signer_process {
	struct signer_files files;
	const char *inventory; /* NULL: none is configured */
	uint32_t narrow_per_hour;
	const char *log; /* NULL: ours */
	pid_t pid;
	struct channel parent;
};

void signer_process_init(struct signer_process *p);
void signer_process_done(struct signer_process *p);
/* Until it is ready. */
void signer_process_start(struct signer_process *p);
/* As it should end: the parent's channel closes. Its exit status; -1: by a signal. */
int signer_process_end(struct signer_process *p);
/* One that does not start and ends by itself. */
void signer_process_expect_no_start(struct signer_process *p);
/* Hands it a channel as this role's; ours is what is returned. */
struct channel signer_process_connect(struct signer_process *p, enum frame_type as,
				      uint64_t number);

#endif
