/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_LISTENING_H
#define VERIFIER_LISTENING_H

#include <stdbool.h>

/* A numeric address and a port up to 65535, as below. */
bool listening_address_is_valid(const char *address);

/* A socket that listens at "127.0.0.1:8443" or "[::]:8443"; port 0 takes a free
 * one. Says which, as what; -1 after saying what is wrong. */
int listen_on(const char *address, const char *what);

#endif
