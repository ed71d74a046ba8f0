/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_BROKER_PROCESS_H
#define TESTS_BROKER_PROCESS_H

#include <openssl/evp.h>
#include <sys/types.h>

#include "daemon/channel.h"

/* The broker in a process of its own, between an agent and a mint that are the test's.
 * unit.h comes first. */

/* Writes DIRECTORY/attestd.conf, with this result key; more are the sections of TPM and
 * logs. */
void broker_process_configure(const char *directory, EVP_PKEY *result_key, const char *more);
/* run is called in the child, with the broker's channels in their places; what it returns
 * is the exit status. */
pid_t broker_process_start(struct channel *agent, struct channel *mint,
			   int (*run)(const void *self), const void *self);

#endif
