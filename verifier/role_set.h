/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_ROLE_SET_H
#define VERIFIER_ROLE_SET_H

#include <time.h>

#include "daemon/channel.h"
#include "verifier/configuration.h"

/*
 * The long-lived roles as processes: one signer, one front, appraisers between
 * them. Each ends alone as far as that can be: an appraiser is replaced while
 * everybody else goes on; with the front go the appraisers, whose channels it
 * had; with the signer go all. Who ends soon after its start waits before the
 * next one, but never long.
 */
#define ROLE_SIGNER 0
#define ROLE_FRONT 1
#define ROLE_APPRAISERS 2
#define ROLES_MAX (ROLE_APPRAISERS + APPRAISERS_MAX)

struct child {
	pid_t pid; /* 0: none */
	struct channel channel;
	bool is_ready;
	time_t started; /* monotonic, like all times here */
	time_t again; /* not before */
	unsigned failures; /* in a row, each soon after its start */
	unsigned unanswered; /* pings */
	char name[32];
};

struct role_set {
	const struct configuration *configuration;
	const char *path; /* of the configuration */
	int listen_fd, admin_fd; /* admin_fd -1: none */
	struct child children[ROLES_MAX];
	size_t count;
	time_t pinged;
};

/* Nothing runs yet. */
void role_set_init(struct role_set *set, const char *path,
		   const struct configuration *configuration, int listen_fd, int admin_fd);
/* Asks all to leave, and ends those who don't. */
void role_set_stop(struct role_set *set);
/* What has to be done now: starts who is missing and may be tried again, ends
 * who hangs. */
void role_set_tend(struct role_set *set, time_t now);
/* Hands the signer a copy of fd; where that fails the signer was ended. */
enum status role_set_give_signer(struct role_set *set, uint16_t type, int fd, time_t now);
/* The role's channel has something, or ended. */
void role_set_hear(struct role_set *set, size_t index, time_t now);
bool role_set_is_ready(const struct role_set *set);
/* Did one of them end since role_set_init()? */
bool role_set_has_failed(const struct role_set *set);

/* What a role finds first: the parent's channel (the signer's, for the loader),
 * then as listed. */
#define APPRAISER_FRONT_AT 1
#define APPRAISER_SIGNER_AT 2
#define FRONT_LISTEN_AT 1
#define FRONT_ADMIN_AT 2 /* a copy of the former where there is none */
#define LOADER_FETCHER_AT 1 /* where a release is followed */

#endif
