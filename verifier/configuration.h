/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_CONFIGURATION_H
#define VERIFIER_CONFIGURATION_H

#include "daemon/settings.h"
#include "verifier/appraiser/appraiser.h"
#include "verifier/front/front.h"
#include "verifier/loader/loader.h"
#include "verifier/signer/signer.h"

/* verifierd.conf, read once by the parent and once by each role: docs/verifierd.conf.5. */
#define ADMINISTRATORS_MAX SIGNER_ACT_KEYS_MAX
#define APPRAISERS_MAX 16

#define FOLLOWED_URL_MAX 160

extern const struct setting verifierd_schema[];

/* A release that is fetched: verifier/fetcher/fetcher.h. */
struct followed_release {
	const char *url; /* NULL: none */
	const char *ca; /* NULL: the system's store */
	const char *directory; /* where releases are kept */
	char current[4096]; /* the one that was adopted */
	unsigned interval_s;
	uint64_t total_max;
};

struct configuration {
	struct settings *settings; /* what the texts below borrow from */
	const char *listen, *admin_listen; /* admin_listen NULL: none */
	size_t appraisers;
	unsigned silence_s;
	struct front_settings front;
	struct appraiser_settings appraiser;
	struct signer_settings signer;
	bool has_release;
	struct loader_settings loader;
	struct followed_release followed;
	struct administrator administrators[ADMINISTRATORS_MAX];
	struct signer_act_key_settings act_keys[SIGNER_ACT_KEYS_MAX];
	struct signer_authority_settings authorities[SIGNER_AUTHORITIES_MAX];
};

/* What is wrong stands in *error, with the key that it is about. */
enum status configuration_load(const char *path, struct configuration *out,
			       struct settings_error *error);
void configuration_done(struct configuration *configuration);

AUTO_RELEASE(configuration, configuration_done);

#endif
