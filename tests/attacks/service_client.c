/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "service_scene.h"

#define ANSWER_MAX ((size_t)1 << 20)

int service_dial(unsigned port)
{
	const struct timeval patience = { .tv_sec = SERVICE_PATIENCE_MS / 1000 };
	const struct sockaddr_in address = { .sin_family = AF_INET,
					     .sin_port = htons((uint16_t)port),
					     .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)), 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static void use_admin(struct client *c, const struct service *s)
{
	AUTO_DONE(bytes) certificate = { 0 };
	AUTO_DONE(bytes) key = { 0 };

	service_path(s, "keys/admin_cert.pem", &certificate);
	service_path(s, "keys/admin_key.pem", &key);
	assert_int_equal(SSL_CTX_use_certificate_file(c->ctx, (const char *)certificate.data,
						      SSL_FILETYPE_PEM),
			 1);
	assert_int_equal(
		SSL_CTX_use_PrivateKey_file(c->ctx, (const char *)key.data, SSL_FILETYPE_PEM), 1);
}

void client_init(struct client *c, const struct service *s, bool as_admin)
{
	(void)signal(SIGPIPE, SIG_IGN);
	*c = (struct client){ .ctx = SSL_CTX_new(TLS_client_method()) };
	assert_non_null(c->ctx);
	if (as_admin)
		use_admin(c, s);
	client_connect(c, as_admin ? s->admin_port : s->port);
}

void client_connect(struct client *c, unsigned port)
{
	c->fd = service_dial(port);
	c->ssl = SSL_new(c->ctx);
	assert_non_null(c->ssl);
	assert_int_equal(SSL_set_fd(c->ssl, c->fd), 1);
	assert_int_equal(SSL_connect(c->ssl), 1);
}

void client_done(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	if (c->fd > 0)
		(void)close(c->fd);
	*c = (struct client){ 0 };
}

bool client_write(struct client *c, struct span bytes)
{
	while (bytes.len > 0) {
		int chunk = bytes.len < 16384 ? (int)bytes.len : 16384;
		int sent = SSL_write(c->ssl, bytes.data, chunk);

		if (sent <= 0)
			return false;
		bytes.data += sent;
		bytes.len -= (size_t)sent;
	}
	return true;
}

struct span answer_field(const struct bytes *answer, const char *name)
{
	struct span rest = span_of(answer);
	struct span line;

	while (text_next_line(&rest, &line) && line.len > 1) {
		struct span value = line;
		struct span field;

		if (!text_next_word(&value, ':', &field) || !span_equal(field, span_text(name)) ||
		    value.len < 2)
			continue;
		/* A space before, CR after. */
		return (struct span){ value.data + 1, value.len - 2 };
	}
	return (struct span){ 0 };
}

void service_expect_others_served(const struct service *s)
{
	int64_t before = clock_ms();

	assert_int_equal(service_ask_text(s, "GET /healthz HTTP/1.1\r\nHost: v\r\n\r\n"), 503);
	assert_true(clock_ms() - before < 1000);
}

/* Head and body as long as the head says. */
static bool is_whole(const struct bytes *answer)
{
	const uint8_t *end =
		answer->len == 0 ? NULL : memmem(answer->data, answer->len, "\r\n\r\n", 4);
	uint64_t length = 0;

	if (end == NULL ||
	    decimal_parse(answer_field(answer, "Content-Length"), ANSWER_MAX, &length) != OK)
		return false;
	return answer->len >= (size_t)(end - answer->data) + 4 + length;
}

unsigned client_read(struct client *c, struct bytes *answer)
{
	uint8_t buffer[4096];

	bytes_done(answer);
	while (!is_whole(answer) && answer->len < ANSWER_MAX) {
		int got = SSL_read(c->ssl, buffer, sizeof(buffer));

		if (got <= 0)
			break;
		assert_int_equal(bytes_append(answer, (struct span){ buffer, (size_t)got }), OK);
	}
	if (answer->len < 12 || memcmp(answer->data, "HTTP/1.1 ", 9) != 0)
		return 0;
	return (unsigned)(answer->data[9] - '0') * 100 + (unsigned)(answer->data[10] - '0') * 10 +
	       (unsigned)(answer->data[11] - '0');
}

unsigned service_ask(const struct service *s, bool as_admin, struct span request,
		     struct bytes *answer)
{
	AUTO_DONE(client) c = { 0 };

	client_init(&c, s, as_admin);
	/* The answer may come before all was taken. */
	(void)client_write(&c, request);
	return client_read(&c, answer);
}

unsigned service_ask_text(const struct service *s, const char *request)
{
	AUTO_DONE(bytes) answer = { 0 };

	return service_ask(s, false, span_text(request), &answer);
}
