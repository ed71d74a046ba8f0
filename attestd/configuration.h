/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_CONFIGURATION_H
#define ATTESTD_CONFIGURATION_H

#include <openssl/evp.h>
#include <sys/types.h>

#include "daemon/settings.h"

/* attestd.conf: the schema, and what it means. */
extern const struct setting configuration_schema[];

/* An SVID that workloads find on disk. Texts borrow from the settings. */
struct identity_settings {
	const char *name;
	const char *names; /* a SPIFFE ID, or selectors: attestd/svid_names.h */
	const char *directory;
	uid_t owner;
	gid_t group;
	mode_t mode;
};

#define IDENTITIES_MAX 64

/* Where the Workload API is served. */
struct socket_settings {
	const char *name; /* "" for the one of [workload-api] */
	const char *path;
	uid_t owner;
	gid_t group;
	mode_t mode;
};

#define SOCKETS_MAX 32
#define SOCKET_PATH_MAX 100 /* with what is put behind it while it is made, what bind() takes */

struct configuration {
	struct settings *settings;
	struct identity_settings identities[IDENTITIES_MAX];
	size_t identity_count;
	struct socket_settings sockets[SOCKETS_MAX];
	size_t socket_count; /* 0: the Workload API is not served */
	EVP_PKEY *result_key; /* pinned: P-256 */
};

/* Everything that --check-config answers for. */
enum status configuration_load(const char *path, struct configuration *out,
			       struct settings_error *error);
void configuration_done(struct configuration *c);
const char *configuration_text(const struct configuration *c, const char *section, const char *key);
/* The user that a role becomes; -1: it stays who it is. */
uid_t configuration_user(const struct configuration *c, const char *section);
/* Becomes the user that a setting names, where there is one and we are root. */
enum status configuration_drop(const struct configuration *c, const char *section);

AUTO_RELEASE(configuration, configuration_done);

#endif
