/* SPDX-License-Identifier: Apache-2.0 */
/* The Workload API before a core that does as it is told: one command a line on
 * standard input.
 *
 *	give N		N SVIDs for whoever asks
 *	deny, unready	nothing, and which nothing
 *	rotate		what is given is made anew
 *	grow N		so many bytes of bundle
 *	jwt TEXT	the answer to whoever waits for a JWT: a token, or "deny"
 *	each-jwt TEXT	the same for whoever asks from now on
 *	end
 *
 * "ok" is written for each, once it was done. */
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "attestd/mint/workload/workload_api.h"
#include "daemon/file.h"
#include "base/text.h"

#define TICKETS_MAX 64

struct core {
	struct event_base *base;
	struct workload_api *api;
	enum workload_outcome outcome;
	size_t svids, serial;
	struct bytes bundle;
	struct bytes real_chain, real_key; /* DER; empty: texts in their place */
	uint64_t tickets[TICKETS_MAX];
	size_t ticket_count;
	char each_jwt[64]; /* empty: who asks waits */
	struct workload_svid given[WORKLOAD_SVIDS_MAX];
	char ids[WORKLOAD_SVIDS_MAX][64], chain[64], key[64], jwks[64];
};

static const struct workload_bundle federated = {
	.trust_domain = { (const uint8_t *)"spiffe://other.example", 22 },
	.certificates = { (const uint8_t *)"other roots", 11 },
	.jwks = { (const uint8_t *)"{\"keys\":[]}", 11 },
};

static enum workload_outcome give_x509(void *arg, struct caller *caller, struct workload_x509 *out,
				       const char **why)
{
	struct core *core = arg;

	(void)caller;
	(void)why;
	if (core->outcome != WORKLOAD_GIVEN)
		return core->outcome;
	(void)snprintf(core->chain, sizeof(core->chain), "chain %zu", core->serial);
	(void)snprintf(core->key, sizeof(core->key), "key %zu", core->serial);
	for (size_t i = 0; i < core->svids; i++) {
		(void)snprintf(core->ids[i], sizeof(core->ids[i]), "spiffe://example.org/web/%zu",
			       i + 1);
		core->given[i] = (struct workload_svid){
			.spiffe_id = span_text(core->ids[i]),
			.chain = core->real_chain.len > 0 ? span_of(&core->real_chain)
							  : span_text(core->chain),
			.key = core->real_key.len > 0 ? span_of(&core->real_key)
						      : span_text(core->key),
			.bundle = span_of(&core->bundle),
			.hint = span_text(i == 0 ? "first" : "")
		};
	}
	*out = (struct workload_x509){ .svids = core->given,
				       .svid_count = core->svids,
				       .federated = &federated,
				       .federated_count = 1 };
	return WORKLOAD_GIVEN;
}

static enum workload_outcome give_bundles(void *arg, struct caller *caller,
					  struct workload_bundles *out, const char **why)
{
	static struct workload_bundle bundles[2];
	struct core *core = arg;

	(void)caller;
	*why = "there is no entry for this caller";
	if (core->outcome != WORKLOAD_GIVEN)
		return core->outcome;
	(void)snprintf(core->jwks, sizeof(core->jwks), "{\"keys\":[%zu]}", core->serial);
	bundles[0] = (struct workload_bundle){ .trust_domain = span_text("spiffe://example.org"),
					       .certificates = span_of(&core->bundle),
					       .jwks = span_text(core->jwks) };
	bundles[1] = federated;
	*out = (struct workload_bundles){ .bundles = bundles, .count = 2 };
	return WORKLOAD_GIVEN;
}

static void answer_jwt(struct core *core, const char *text)
{
	const struct workload_jwt_svid svid = { .spiffe_id =
							span_text("spiffe://example.org/web/1"),
						.token = span_text(text),
						.hint = span_text("first") };
	size_t count = core->ticket_count;

	core->ticket_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (strcmp(text, "deny") == 0)
			workload_api_jwt(core->api, core->tickets[i], WORKLOAD_DENIED, NULL, 0,
					 "no token for this audience");
		else
			workload_api_jwt(core->api, core->tickets[i], WORKLOAD_GIVEN, &svid, 1,
					 NULL);
	}
}

static void answer_each_jwt(evutil_socket_t fd, short what, void *arg)
{
	struct core *core = arg;

	(void)fd;
	(void)what;
	answer_jwt(core, core->each_jwt);
}

static enum workload_outcome take_jwt(void *arg, struct caller *caller,
				      const struct workload_jwt_request *request, uint64_t ticket,
				      const char **why)
{
	struct core *core = arg;

	(void)caller;
	(void)request;
	(void)why;
	if (core->outcome != WORKLOAD_GIVEN || core->ticket_count == TICKETS_MAX)
		return core->outcome == WORKLOAD_GIVEN ? WORKLOAD_NOT_READY : core->outcome;
	core->tickets[core->ticket_count++] = ticket;
	/* Later, as it was said. */
	if (core->each_jwt[0] != '\0' &&
	    event_base_once(core->base, -1, EV_TIMEOUT, answer_each_jwt, core, NULL) != 0)
		return WORKLOAD_NOT_READY;
	return WORKLOAD_LATER;
}

static void cancel_jwt(void *arg, uint64_t ticket)
{
	struct core *core = arg;

	for (size_t i = 0; i < core->ticket_count; i++) {
		if (core->tickets[i] == ticket)
			core->tickets[i] = core->tickets[--core->ticket_count];
	}
}

static enum workload_outcome validate(void *arg, struct caller *caller, struct span audience,
				      struct span token, struct workload_claims *out,
				      const char **why)
{
	(void)arg;
	(void)caller;
	*why = "the token is not for this audience";
	if (!span_equal(audience, span_text("api")) || !span_equal(token, span_text("a.b.c")))
		return WORKLOAD_INVALID;
	out->spiffe_id = span_text("spiffe://example.org/web/1");
	out->claims = span_text("{\"sub\":\"spiffe://example.org/web/1\",\"aud\":[\"api\"],"
				"\"exp\":1795362357,\"deep\":{\"yes\":true,\"no\":null,\"l\":[]}}");
	return WORKLOAD_GIVEN;
}

/* chain.der, key.der and bundle.der of a directory. */
static bool load(struct core *core, const char *directory)
{
	static const char *const names[] = { "chain", "key", "bundle" };
	struct bytes *const into[] = { &core->real_chain, &core->real_key, &core->bundle };
	char path[256];

	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.der", directory, names[i]);
		bytes_done(into[i]);
		if (file_read(path, 65536, into[i]) != OK)
			return false;
	}
	return true;
}

/* False: not understood. */
static bool obey(struct core *core, const char *verb, const char *rest)
{
	if (strcmp(verb, "give") == 0) {
		core->outcome = WORKLOAD_GIVEN;
		core->svids = strtoul(rest, NULL, 10);
	} else if (strcmp(verb, "deny") == 0)
		core->outcome = WORKLOAD_DENIED;
	else if (strcmp(verb, "unready") == 0)
		core->outcome = WORKLOAD_NOT_READY;
	else if (strcmp(verb, "rotate") == 0)
		core->serial++;
	else if (strcmp(verb, "grow") == 0) {
		core->bundle.len = 0;
		for (unsigned long left = strtoul(rest, NULL, 10); left > 0; left--) {
			if (bytes_append_byte(&core->bundle, 'x') != OK)
				return false;
		}
	} else if (strcmp(verb, "jwt") == 0)
		answer_jwt(core, rest);
	else if (strcmp(verb, "each-jwt") == 0)
		(void)snprintf(core->each_jwt, sizeof(core->each_jwt), "%s", rest);
	else if (strcmp(verb, "load") == 0)
		return load(core, rest);
	else if (strcmp(verb, "end") == 0)
		(void)event_base_loopbreak(core->base);
	else
		return false;
	workload_api_tell(core->api, WORKLOAD_CHANGED, NULL);
	return true;
}

/* Lines come one at a time: whoever writes them waits for the answer. */
static void on_command(evutil_socket_t fd, short what, void *arg)
{
	struct core *core = arg;
	char line[256];
	ssize_t len = read(fd, line, sizeof(line) - 1);

	(void)what;
	if (len <= 0) {
		(void)event_base_loopbreak(core->base);
		return;
	}
	line[len] = '\0';
	line[strcspn(line, "\n")] = '\0';

	char *rest = strchr(line, ' ');

	if (rest != NULL)
		*rest++ = '\0';
	(void)puts(obey(core, line, rest == NULL ? "" : rest) ? "ok" : "what?");
	(void)fflush(stdout);
}

static size_t limit_of(int argc, char **argv, int at, size_t otherwise)
{
	return argc > at ? strtoul(argv[at], NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
	struct core core = { .outcome = WORKLOAD_GIVEN, .svids = 1 };
	const struct workload_source source = { .core = &core,
						.x509 = give_x509,
						.bundles = give_bundles,
						.jwt = take_jwt,
						.jwt_cancelled = cancel_jwt,
						.validate = validate };
	const struct workload_limits limits = {
		.connections = limit_of(argc, argv, 2, 1024),
		.connections_per_user = limit_of(argc, argv, 3, 1024),
		.streams_per_connection = limit_of(argc, argv, 4, 100),
		.streams_per_user = limit_of(argc, argv, 5, 2048),
		.requests_per_user = limit_of(argc, argv, 6, 1000),
	};
	struct socket_settings socket = { .name = "",
					  .path = argc > 1 ? argv[1] : "",
					  .owner = getuid(),
					  .group = getgid(),
					  .mode = 0666 };
	struct rlimit files;

	if (argc < 2)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	core.base = event_base_new();
	if (core.base == NULL || bytes_append(&core.bundle, span_text("roots")) != OK ||
	    workload_api_new(core.base, &limits, &source, &core.api) != OK ||
	    workload_api_listen(core.api, &socket) != OK)
		return 1;

	struct event *commands =
		event_new(core.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_command, &core);

	if (commands == NULL || event_add(commands, NULL) != 0)
		return 1;
	(void)puts("ok");
	(void)fflush(stdout);
	(void)event_base_dispatch(core.base);
	workload_api_free(core.api);
	event_free(commands);
	event_base_free(core.base);
	bytes_done(&core.bundle);
	return 0;
}
