/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCHER_HTTPS_CLIENT_H
#define VERIFIER_FETCHER_HTTPS_CLIENT_H

#include "verifier/fetch_messages.h"

/*
 * Files below one HTTPS URL, one after the other over a kept connection. Nothing
 * but https, no redirect is followed, and the server has to have a certificate that
 * the named file vouches for, or the system's store where none is named.
 */
struct https_client;

struct https_settings {
	const char *url; /* no slash at its end */
	const char *ca; /* PEM file; NULL: the system's store */
};

enum https_end {
	HTTPS_TAKEN,
	HTTPS_UNCHANGED, /* since the time that was asked for */
	HTTPS_ABSENT, /* 404, 410 */
	HTTPS_FAILED,
};

struct https_answer {
	enum https_end end;
	uint64_t received; /* bytes of the body, kept or not, whatever the end */
	int64_t modified; /* what to ask with the next time; 0: with nothing */
	enum fetch_cause cause; /* of HTTPS_FAILED */
	char text[FETCH_TEXT_MAX];
};

enum status https_client_new(const struct https_settings *settings, struct https_client **out);
void https_client_free(struct https_client *client);
/* At most most bytes, written to fd, which is at its start and empty. */
void https_get(struct https_client *client, const char *path, int64_t since, uint64_t most, int fd,
	       struct https_answer *out);

AUTO_FREE(https_client, struct https_client, https_client_free);

#endif
