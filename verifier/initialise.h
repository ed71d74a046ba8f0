/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_INITIALISE_H
#define VERIFIER_INITIALISE_H

#include <stddef.h>

struct initialise_options {
	const char *directory; /* made, mode 0700, where it is not there */
	const char *trust_domain;
	const char *const *names; /* DNS names or IP addresses of this verifier */
	size_t name_count;
};

/*
 * verifierd --init: CA, result and MAC keys (signer_keys_init()), a self-signed
 * TLS certificate, and an administrator's certificate whose key signs acts too.
 * Prints a configuration that uses them. Nothing there is overwritten. 0; 1 where
 * nothing could be written, 2 where what is wanted is wrong: then nothing was.
 */
int initialise_run(const struct initialise_options *options);

#endif
