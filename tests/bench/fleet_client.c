/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/text.h"
#include "fleet_client.h"
#include "messages/result.h"
#include "messages/statement.h"

enum stage {
	STAGE_CONNECT,
	STAGE_CHALLENGE,
	STAGE_RESULT,
};

struct connection {
	struct fleet_client *client;
	struct bufferevent *bev; /* NULL: none open */
	SSL_SESSION *session; /* to resume */
	struct fleet_node *node;
	enum stage stage;
	bool is_last; /* the verifier ends the connection after this answer */
};

struct fleet_client {
	struct fleet_client_settings settings;
	struct event_base *base;
	SSL_CTX *tls;
	struct connection *connections;
	enum fleet_mode mode;
	size_t next, started, attested, under_way;
	size_t limit; /* of attestations to start */
};

static void begin(struct connection *c);

const char *fleet_mode_name(enum fleet_mode mode)
{
	static const char *const names[] = { "kept", "resumed", "new" };

	return names[mode];
}

static void give_up(const struct connection *c, const char *why, struct span what)
{
	(void)fprintf(stderr, "fleet: %s connection, %s: %.*s\n", fleet_mode_name(c->client->mode),
		      why, (int)what.len, what.data == NULL ? "" : (const char *)what.data);
	exit(2);
}

static void post(struct connection *c, const char *what, struct span body)
{
	AUTO_DONE(bytes) id = { 0 };
	struct evbuffer *out = bufferevent_get_output(c->bev);

	assert_int_equal(node_id_append(&id, &c->node->id), OK);
	assert_true(evbuffer_add_printf(out,
					"POST /v1/nodes/%.*s/%s HTTP/1.1\r\nHost: localhost\r\n"
					"Content-Type: application/json\r\nAccept: */*\r\n"
					"Content-Length: %zu\r\n\r\n",
					(int)id.len, (const char *)id.data, what, body.len) > 0);
	assert_int_equal(evbuffer_add(out, body.data, body.len), 0);
}

static void ask(struct connection *c)
{
	AUTO_DONE(bytes) body = { 0 };

	c->stage = STAGE_CHALLENGE;
	fleet_ask(&body);
	post(c, "challenge", span_of(&body));
}

static void answer(struct connection *c, struct span json)
{
	AUTO_DONE(attestation_challenge) challenge = { 0 };
	AUTO_DONE(bytes) body = { 0 };

	if (attestation_challenge_parse(json, &challenge, NULL) != OK)
		give_up(c, "no challenge", json);
	fleet_answer(c->client->settings.fleet, c->node, &challenge, &body);
	c->stage = STAGE_RESULT;
	post(c, "evidence", span_of(&body));
}

/* A session is for one use, and the next one brings another. */
static void disconnect(struct connection *c)
{
	SSL *ssl = bufferevent_openssl_get_ssl(c->bev);

	(void)SSL_shutdown(ssl);
	ERR_clear_error();
	bufferevent_free(c->bev);
	c->bev = NULL;
}

static void check_result(struct connection *c, struct span json)
{
	AUTO_DONE(attestation_result) result = { 0 };
	AUTO_DONE(verdict) verdict = { 0 };

	if (attestation_result_parse(json, &result, NULL) != OK ||
	    verdict_parse(span_of(&result.verdict), &verdict) != OK)
		give_up(c, "no result", json);
	if (verdict.state != NODE_TRUSTED || verdict.expires == 0 || result.certificate.len == 0)
		give_up(c, "no grant", json);
}

static void finish(struct connection *c, struct span json)
{
	check_result(c, json);
	c->client->attested++;
	c->client->under_way--;
	c->node->is_attesting = false;
	if (c->client->mode != FLEET_KEPT || c->is_last)
		disconnect(c);
	begin(c);
}

/* The body's length, once the whole head is there; 0: not yet. */
static size_t read_head(struct connection *c, struct evbuffer *in, size_t *head_len)
{
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	AUTO_DONE(bytes) head = { 0 };
	const char *length;

	if (end.pos < 0)
		return 0;
	*head_len = (size_t)end.pos + 4;
	assert_int_equal(bytes_reserve(&head, *head_len + 1), OK);
	assert_int_equal(evbuffer_copyout(in, head.data, *head_len), (ev_ssize_t)*head_len);
	head.data[*head_len] = '\0';
	head.len = *head_len;
	if (!span_starts_with(span_of(&head), "HTTP/1.1 200 "))
		give_up(c, "refused", span_of(&head));
	c->is_last = strstr((const char *)head.data, "Connection: close") != NULL;
	length = strstr((const char *)head.data, "Content-Length: ");
	assert_non_null(length);
	return strtoul(length + strlen("Content-Length: "), NULL, 10);
}

static void on_readable(struct bufferevent *bev, void *context)
{
	struct connection *c = context;
	struct evbuffer *in = bufferevent_get_input(bev);
	AUTO_DONE(bytes) body = { 0 };
	size_t head_len = 0;
	size_t len = read_head(c, in, &head_len);

	if (len == 0 || evbuffer_get_length(in) < head_len + len)
		return;
	assert_int_equal(bytes_reserve(&body, len), OK);
	assert_int_equal(evbuffer_drain(in, head_len), 0);
	assert_int_equal(evbuffer_remove(in, body.data, len), (int)len);
	body.len = len;
	if (c->stage == STAGE_CHALLENGE)
		answer(c, span_of(&body));
	else
		finish(c, span_of(&body));
}

static void on_event(struct bufferevent *bev, short what, void *context)
{
	struct connection *c = context;
	SSL *ssl = bufferevent_openssl_get_ssl(bev);
	int on = 1;

	if ((what & BEV_EVENT_CONNECTED) == 0)
		give_up(c, "the connection ended", (struct span){ 0 });
	if (c->client->mode == FLEET_RESUMED && c->session != NULL && SSL_session_reused(ssl) == 0)
		give_up(c, "the session was not resumed", (struct span){ 0 });
	(void)setsockopt(bufferevent_getfd(bev), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	ask(c);
}

static int keep_session(SSL *ssl, SSL_SESSION *session)
{
	struct connection *c = SSL_get_app_data(ssl);

	SSL_SESSION_free(c->session);
	c->session = session;
	return 1;
}

static void dial(struct connection *c)
{
	struct fleet_client *client = c->client;
	SSL *ssl = SSL_new(client->tls);
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(client->settings.port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_non_null(ssl);
	SSL_set_app_data(ssl, c);
	if (client->mode == FLEET_RESUMED && c->session != NULL)
		assert_int_equal(SSL_set_session(ssl, c->session), 1);
	c->bev = bufferevent_openssl_socket_new(client->base, -1, ssl, BUFFEREVENT_SSL_CONNECTING,
						BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
	assert_non_null(c->bev);
	bufferevent_setcb(c->bev, on_readable, NULL, on_event, c);
	assert_int_equal(bufferevent_enable(c->bev, EV_READ | EV_WRITE), 0);
	assert_int_equal(bufferevent_socket_connect(c->bev, (struct sockaddr *)&to, sizeof(to)), 0);
}

/* In turn; one that still attests is passed over. There are no more connections
 * than nodes. */
static struct fleet_node *next_node(struct fleet_client *client)
{
	struct fleet *fleet = client->settings.fleet;
	struct fleet_node *node;

	do
		node = &fleet->nodes[client->next++ % fleet->count];
	while (node->is_attesting);
	node->is_attesting = true;
	return node;
}

/* The next node's attestation on this connection, unless enough were started. */
static void begin(struct connection *c)
{
	struct fleet_client *client = c->client;

	if (client->started == client->limit) {
		if (client->under_way == 0)
			(void)event_base_loopbreak(client->base);
		return;
	}
	client->started++;
	client->under_way++;
	c->node = next_node(client);
	c->stage = STAGE_CONNECT;
	if (c->bev == NULL)
		dial(c);
	else
		ask(c);
}

struct fleet_client *fleet_client_new(const struct fleet_client_settings *settings)
{
	struct fleet_client *client = calloc(1, sizeof(*client));

	assert_non_null(client);
	client->settings = *settings;
	client->base = event_base_new();
	client->tls = SSL_CTX_new(TLS_client_method());
	client->connections = calloc(settings->connections, sizeof(*client->connections));
	assert_true(client->base != NULL && client->tls != NULL && client->connections != NULL);
	for (size_t i = 0; i < settings->connections; i++)
		client->connections[i].client = client;
	assert_int_equal(SSL_CTX_load_verify_locations(client->tls, settings->ca, NULL), 1);
	SSL_CTX_set_verify(client->tls, SSL_VERIFY_PEER, NULL);
	(void)SSL_CTX_set_session_cache_mode(client->tls, SSL_SESS_CACHE_CLIENT |
								  SSL_SESS_CACHE_NO_INTERNAL_STORE);
	SSL_CTX_sess_set_new_cb(client->tls, keep_session);
	return client;
}

static void disconnect_all(struct fleet_client *client)
{
	for (size_t i = 0; i < client->settings.connections; i++)
		if (client->connections[i].bev != NULL)
			disconnect(&client->connections[i]);
}

void fleet_client_free(struct fleet_client *client)
{
	disconnect_all(client);
	for (size_t i = 0; i < client->settings.connections; i++)
		SSL_SESSION_free(client->connections[i].session);
	free(client->connections);
	SSL_CTX_free(client->tls);
	event_base_free(client->base);
	free(client);
}

/* A window's end, or the load's. */
struct moment {
	struct fleet_client *client;
	fleet_mark mark;
	void *context;
	bool is_last;
};

static void on_moment(evutil_socket_t fd, short what, void *context)
{
	struct moment *m = context;
	(void)fd;
	(void)what;

	m->mark(m->context, m->client->attested);
	if (m->is_last)
		m->client->limit = m->client->started;
}

static void run(struct fleet_client *client, enum fleet_mode mode)
{
	if (mode != client->mode)
		disconnect_all(client);
	client->mode = mode;
	client->started = client->attested = 0;
	for (size_t i = 0; i < client->settings.connections; i++)
		begin(&client->connections[i]);
	assert_true(event_base_dispatch(client->base) >= 0);
	assert_int_equal(client->under_way, 0);
}

void fleet_attest(struct fleet_client *client, enum fleet_mode mode, size_t count)
{
	client->limit = count;
	run(client, mode);
	disconnect_all(client);
}

static struct event *at(struct moment *moment, double seconds)
{
	struct timeval after = { .tv_sec = (time_t)seconds };
	struct event *timer = evtimer_new(moment->client->base, on_moment, moment);

	after.tv_usec = (suseconds_t)((seconds - (double)after.tv_sec) * 1e6);
	assert_non_null(timer);
	assert_int_equal(evtimer_add(timer, &after), 0);
	return timer;
}

void fleet_load(struct fleet_client *client, enum fleet_mode mode, double warm_s, double window_s,
		fleet_mark mark, void *context)
{
	struct moment first = { .client = client, .mark = mark, .context = context };
	struct moment last = first;
	struct event *timers[2];

	last.is_last = true;
	timers[0] = at(&first, warm_s);
	timers[1] = at(&last, warm_s + window_s);
	client->limit = SIZE_MAX;
	run(client, mode);
	event_free(timers[0]);
	event_free(timers[1]);
}
