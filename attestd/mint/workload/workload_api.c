/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/workload/workload_api.h"

#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attestd/mint/caller/caller.h"
#include "attestd/mint/grpc/grpc.h"
#include "attestd/mint/workload/reflection.h"
#include "attestd/mint/workload/workload_calls.h"
#include "attestd/mint/workload/workload_socket.h"
#include "daemon/clock.h"

#define REQUEST_MAX ((size_t)16 << 10)
#define REQUEST_MS 10000
#define HANDSHAKE_MS 10000
#define IDLE_MS (10 * 60 * 1000)
#define STALL_MS 60000
#define HEADER_LIST_MAX (8 << 10)
#define BODY_WINDOW (32 << 10)
/* Descriptors that are looked through for a connection, before Linux 6.5, in the time that
 * another one takes. */
#define LOOKED_OF_ONE 32

struct workload_connection {
	LIST_ENTRY(workload_connection) others; /* of its user */
	struct workload_api *api;
	struct workload_user *user;
	struct workload_peer peer;
	struct http2_connection *http2;
	struct event *exited; /* the caller */
};

struct workload_api {
	struct event_base *base;
	struct workload_limits limits;
	struct workload_calls calls;
	struct grpc_server *grpc;
	size_t connections;
	struct rates arrivals;
	LIST_HEAD(workload_users, workload_user) users;
	struct workload_listener **listeners;
	size_t listener_count;
};

static struct workload_user *user_of(struct workload_api *api, uid_t uid)
{
	struct workload_user *user = LIST_FIRST(&api->users);

	while (user != NULL && user->uid != uid)
		user = LIST_NEXT(user, others);
	if (user != NULL)
		return user;
	user = calloc(1, sizeof(*user));
	if (user == NULL)
		return NULL;
	user->uid = uid;
	turn_user_init(&user->turn);
	LIST_INSERT_HEAD(&api->users, user, others);
	return user;
}

static void user_release(struct workload_user *user)
{
	if (user == NULL || user->connections > 0)
		return;
	LIST_REMOVE(user, others);
	free(user);
}

static void connection_free(struct workload_connection *c)
{
	const struct workload_source *source = c->api->calls.source;

	if (c->exited != NULL)
		event_free(c->exited);
	if (c->peer.caller != NULL && source->leaves != NULL)
		source->leaves(source->core, c->peer.caller);
	caller_free(c->peer.caller);
	LIST_REMOVE(c, others);
	c->user->connections--;
	c->api->connections--;
	user_release(c->user);
	free(c);
}

static void on_gone(void *context, void *arg)
{
	const struct workload_peer *peer = arg;

	(void)context;
	connection_free(peer->connection);
}

/* An identity is for a process: what others do with its socket is nothing to us. */
static void on_exited(evutil_socket_t fd, short what, void *arg)
{
	struct workload_connection *c = arg;

	(void)fd;
	(void)what;
	http2_drop(c->http2);
}

/* Of the process that connected, before anything of it is kept. */
static bool uid_of(int fd, uid_t *out)
{
	struct ucred credentials;
	socklen_t len = sizeof(credentials);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) != 0 ||
	    len != sizeof(credentials))
		return false;
	*out = credentials.uid;
	return true;
}

static void refuse(struct workload_api *api, const char *why, uid_t uid)
{
	workload_calls_log_refusal(&api->calls, "connection", why, uid);
}

/* Whoever has most gives one up where that leaves him no fewer than the newcomer: one on
 * which nobody waits, or else the newest, so that what is established stays. */
static bool make_room(struct workload_api *api, const struct workload_user *newcomer)
{
	struct workload_user *most = LIST_FIRST(&api->users);
	struct workload_user *user;
	struct workload_connection *c;

	for (user = most; user != NULL; user = LIST_NEXT(user, others)) {
		if (user->connections > most->connections)
			most = user;
	}
	if (most->connections <= newcomer->connections + 1)
		return false;
	for (c = LIST_FIRST(&most->held); c != NULL; c = LIST_NEXT(c, others)) {
		if (http2_is_idle(c->http2))
			break;
	}
	if (c == NULL)
		c = LIST_FIRST(&most->held);
	refuse(api, "others have fewer", most->uid);
	http2_drop(c->http2);
	return true;
}

/* NULL, or why one more of this user may not come. */
static const char *why_not(struct workload_api *api, const struct workload_user *user)
{
	if (!rates_take(&api->arrivals, user->uid, clock_monotonic_ms()))
		return "too many come";
	if (user->connections >= api->limits.connections_per_user ||
	    (api->connections >= api->limits.connections && !make_room(api, user)))
		return "too many are open";
	return NULL;
}

static struct workload_connection *connection_new(struct workload_api *api,
						  struct workload_user *user)
{
	struct workload_connection *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		user_release(user);
		return NULL;
	}
	c->api = api;
	c->user = user;
	c->peer.connection = c;
	c->peer.user = user;
	LIST_INSERT_HEAD(&user->held, c, others);
	user->connections++;
	api->connections++;
	return c;
}

/* NULL, logged, where it may not come. */
static struct workload_connection *admit(struct workload_api *api, int fd, const char *socket_name)
{
	struct workload_connection *c = NULL;
	const char *why = "the kernel does not know who it is";
	struct workload_user *user = NULL;
	unsigned looked = 0;
	uid_t uid = 0;

	if (uid_of(fd, &uid))
		user = user_of(api, uid);
	if (user != NULL)
		why = why_not(api, user);
	if (why != NULL) {
		user_release(user);
		refuse(api, why, uid);
		return NULL;
	}
	c = connection_new(api, user);
	if (c == NULL)
		return NULL;

	enum status status =
		caller_open(fd, span_text(socket_name), &c->peer.caller, &looked, &why);

	rates_charge(&api->arrivals, uid, looked / LOOKED_OF_ONE, clock_monotonic_ms());
	if (status == OK)
		return c;
	refuse(api, why, uid);
	connection_free(c);
	return NULL;
}

enum status workload_api_take(struct workload_api *api, int fd, const char *socket_name)
{
	const struct workload_source *source = api->calls.source;
	struct workload_connection *c = admit(api, fd, socket_name);

	if (c == NULL) {
		(void)close(fd);
		return STATUS_DENIED;
	}
	c->exited = event_new(api->base, caller_exit_fd(c->peer.caller), EV_READ, on_exited, c);
	if (c->exited == NULL || event_add(c->exited, NULL) != 0) {
		connection_free(c);
		(void)close(fd);
		return STATUS_NO_MEMORY;
	}
	if (source->arrived != NULL)
		source->arrived(source->core, c->peer.caller);
	return grpc_serve(api->grpc, fd, &c->peer, &c->http2);
}

static void on_accept(void *context, int fd, const char *socket_name)
{
	/* It said why. */
	enum status status = workload_api_take(context, fd, socket_name);

	(void)status;
}

/* What is left waits until the loop has seen to all that came meanwhile. */
static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	static const struct timeval at_once;
	struct workload_api *api = arg;

	(void)fd;
	(void)what;
	if (workload_calls_turn(&api->calls))
		(void)event_add(api->calls.turn, &at_once);
}

void workload_api_tell(struct workload_api *api, enum workload_news news, const struct caller *c)
{
	workload_calls_tell(&api->calls, news, c);
}

void workload_api_jwt(struct workload_api *api, uint64_t ticket, enum workload_outcome outcome,
		      const struct workload_jwt_svid *svids, size_t count, const char *why)
{
	workload_calls_answer(&api->calls, ticket, outcome, svids, count, why);
}

static const struct grpc_method *const methods[] = {
	&workload_fetch_x509_svid,   &workload_fetch_x509_bundles,
	&workload_fetch_jwt_svid,    &workload_fetch_jwt_bundles,
	&workload_validate_jwt_svid, &reflection_v1,
	&reflection_v1alpha,	     NULL,
};

static const struct grpc_settings grpc_settings = {
	.methods = methods,
	.request_max = REQUEST_MAX,
	.request_ms = REQUEST_MS,
	.stall_ms = STALL_MS,
	.refused = workload_calls_refused,
	.gone = on_gone,
};

enum status workload_api_new(struct event_base *base, const struct workload_limits *limits,
			     const struct workload_source *source, struct workload_api **out)
{
	const struct http2_limits http2 = {
		.streams = (uint32_t)limits->streams_per_connection,
		.header_list = HEADER_LIST_MAX,
		.window = BODY_WINDOW,
		.handshake_ms = HANDSHAKE_MS,
		.idle_ms = IDLE_MS,
		.stall_ms = STALL_MS,
	};
	AUTO(workload_api) api = calloc(1, sizeof(*api));

	if (api == NULL)
		return STATUS_NO_MEMORY;
	api->base = base;
	api->limits = *limits;
	api->calls.source = source;
	api->calls.per_user_max = limits->streams_per_user;
	turns_init(&api->calls.turns);
	api->arrivals.at_once = (int64_t)limits->requests_per_user * WORKLOAD_BURST_S;
	api->arrivals.per_second = (int64_t)limits->requests_per_user;
	api->calls.requests = api->arrivals;
	api->calls.turn = event_new(base, -1, 0, on_turn, api);
	if (api->calls.turn == NULL)
		return STATUS_NO_MEMORY;

	enum status status = grpc_server_new(base, &http2, &grpc_settings, &api->calls, &api->grpc);

	if (status == OK) {
		*out = api;
		api = NULL;
	}
	return status;
}

enum status workload_api_listen(struct workload_api *api, const struct socket_settings *socket)
{
	struct workload_listener **more =
		reallocarray(api->listeners, api->listener_count + 1, sizeof(void *));

	if (more == NULL)
		return STATUS_NO_MEMORY;
	api->listeners = more;

	enum status status = workload_listener_new(api->base, socket, on_accept, api,
						   &api->listeners[api->listener_count]);

	if (status == OK)
		api->listener_count++;
	return status;
}

void workload_api_free(struct workload_api *api)
{
	if (api == NULL)
		return;
	for (size_t i = 0; i < api->listener_count; i++)
		workload_listener_free(api->listeners[i]);
	free(api->listeners);
	workload_calls_end(&api->calls);
	grpc_server_free(api->grpc);
	if (api->calls.turn != NULL)
		event_free(api->calls.turn);
	free(api);
}
