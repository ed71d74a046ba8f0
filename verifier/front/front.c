/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/front.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/listener.h>

#include "daemon/clock.h"
#include "daemon/log.h"
#include "verifier/front/room.h"

#define BACKLOG 1024
#define PAUSE_US 100000
#define SAY_AGAIN_S 60
#define TICK_S 5

struct listener {
	struct front *front;
	struct evconnlistener *listener;
	struct event *resume; /* after a pause */
	time_t said; /* CLOCK_MONOTONIC; 0: not yet */
	bool is_admin;
};

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
		      int len, void *context)
{
	struct listener *l = context;
	(void)listener;
	(void)len;

	connection_open(l->front, fd, peer, l->is_admin);
}

static void say_why(struct listener *l, int error)
{
	time_t now = clock_monotonic_s();

	if (l->said != 0 && now - l->said < SAY_AGAIN_S)
		return;
	l->said = now;
	log_line(LOG_LEVEL_WARNING,
		 "accept: %s; the oldest connection that waits makes room for each that comes",
		 strerror(error));
}

/* Out of descriptors, most likely, though connections_max fits: the place of one
 * that waits is given to the newcomer. Where all are at work, they are not kept from
 * it: who comes waits in the kernel's queue. */
static void on_accept_error(struct evconnlistener *listener, void *context)
{
	const struct timeval pause = { .tv_usec = PAUSE_US };
	struct listener *l = context;

	say_why(l, EVUTIL_SOCKET_ERROR());
	if (connection_make_room(l->front))
		return;
	if (event_add(l->resume, &pause) == 0)
		(void)evconnlistener_disable(listener);
}

static void on_resume(evutil_socket_t fd, short what, void *context)
{
	struct listener *l = context;
	(void)fd;
	(void)what;

	(void)evconnlistener_enable(l->listener);
}

/* The parent is gone, or says what it may not. */
static bool on_parent_frame(struct front *front, const struct frame *frame)
{
	if (frame->type == FRAME_APPRAISER && frame->fd >= 0)
		return relay_connect(&front->relay, frame->id, frame->fd) == OK;
	if (frame->fd >= 0)
		(void)close(frame->fd);
	return frame->fd < 0 && frame->type == FRAME_PING &&
	       channel_send(&front->parent, FRAME_PONG, frame->id, (struct span){ 0 }) == OK;
}

static void on_parent(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;
	struct frame frame = { .fd = -1 };
	enum status status = channel_fill(&front->parent);
	(void)fd;
	(void)what;

	if (status == OK)
		status = channel_take(&front->parent, &frame);
	if (status == STATUS_NOT_FOUND || (status == OK && on_parent_frame(front, &frame)))
		return;
	(void)event_base_loopbreak(front->base);
}

static bool listen_on(struct front *front, int fd, bool is_admin, struct listener *out)
{
	out->front = front;
	out->is_admin = is_admin;
	if (evutil_make_socket_nonblocking(fd) != 0)
		return false;
	out->listener =
		evconnlistener_new(front->base, on_accept, out,
				   LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, BACKLOG, fd);
	out->resume = evtimer_new(front->base, on_resume, out);
	if (out->listener != NULL)
		evconnlistener_set_error_cb(out->listener, on_accept_error);
	return out->listener != NULL && out->resume != NULL;
}

/* Connections that are open keep what they began with. */
static bool set_up_tls(struct front *front)
{
	const struct front_settings *s = front->settings;
	const char *why = NULL;
	SSL_CTX *tls = tls_server(s->certificate, s->key, false, &why);
	SSL_CTX *admin = NULL;

	if (tls != NULL && front->has_admin)
		admin = tls_server(s->certificate, s->key, true, &why);
	if (why != NULL) {
		log_line(LOG_LEVEL_ERROR, "%s (%s, %s)", why, s->certificate, s->key);
		SSL_CTX_free(tls);
		return false;
	}
	SSL_CTX_free(front->tls);
	SSL_CTX_free(front->admin_tls);
	front->tls = tls;
	front->admin_tls = admin;
	return true;
}

/* A certificate that was renewed serves without a restart; one that is of no use,
 * or whose key is yet to come, takes the place of nothing. */
static void on_tick(evutil_socket_t fd, short what, void *context)
{
	struct front *front = context;
	(void)fd;
	(void)what;

	if (!file_watch_is_due(&front->tls_files, clock_monotonic_s()))
		return;

	bool is_good = set_up_tls(front);

	file_watch_was_read(&front->tls_files, is_good);
	if (is_good)
		log_line(LOG_LEVEL_NOTICE, "TLS certificate and key were read again");
}

static int serve(struct front *front, int parent_fd, int listen_fd, int admin_fd,
		 struct listener *listeners)
{
	const struct timeval tick = { .tv_sec = TICK_S };
	struct event *said =
		event_new(front->base, parent_fd, EV_READ | EV_PERSIST, on_parent, front);
	struct event *ticks = event_new(front->base, -1, EV_PERSIST, on_tick, front);
	int end = 1;

	channel_init(&front->parent, parent_fd, 0);
	if (said != NULL && event_add(said, NULL) == 0 && ticks != NULL &&
	    event_add(ticks, &tick) == 0 && listen_on(front, listen_fd, false, &listeners[0]) &&
	    (admin_fd < 0 || listen_on(front, admin_fd, true, &listeners[1])) &&
	    channel_send(&front->parent, FRAME_READY, 0, (struct span){ 0 }) == OK)
		end = event_base_dispatch(front->base) < 0 ? 1 : 0;
	if (said != NULL)
		event_free(said);
	if (ticks != NULL)
		event_free(ticks);
	channel_done(&front->parent);
	return end;
}

int front_run(const struct front_settings *settings, int parent_fd, int listen_fd, int admin_fd)
{
	struct front *front = calloc(1, sizeof(*front));
	struct listener listeners[2] = { 0 };
	int end = 1;

	/* A client that is gone is no reason to end. */
	if (front == NULL || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return 1;
	const char *const tls_files[WATCHED_MAX] = { settings->certificate, settings->key };

	front->settings = settings;
	front->has_admin = admin_fd >= 0;
	file_watch_init(&front->tls_files, tls_files);
	evutil_secure_rng_get_bytes(&front->seed, sizeof(front->seed));
	front->peers.seed = front->seed;
	quota_init(&front->enrolments, settings->enrolments_per_peer, front->seed);
	room_init(front);
	front->base = event_base_new();
	relay_init(&front->relay, front->base, connection_answered);
	front->relay.released = room_release_bytes;
	front->relay.context = front;
	if (front->base != NULL && set_up_tls(front))
		end = serve(front, parent_fd, listen_fd, admin_fd, listeners);
	connections_close(front);
	for (size_t i = 0; i < 2; i++) {
		if (listeners[i].resume != NULL)
			event_free(listeners[i].resume);
		if (listeners[i].listener != NULL)
			evconnlistener_free(listeners[i].listener);
	}
	relay_done(&front->relay);
	SSL_CTX_free(front->tls);
	SSL_CTX_free(front->admin_tls);
	if (front->base != NULL)
		event_base_free(front->base);
	free(front);
	return end;
}
