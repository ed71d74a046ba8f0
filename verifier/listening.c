/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/listening.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/text.h"
#include "daemon/log.h"

/* getaddrinfo() takes the last 16 bits of any number. */
static bool is_port(const char *text)
{
	uint64_t port;

	return decimal_parse(span_text(text), UINT16_MAX, &port) == OK;
}

static struct addrinfo *parse_address(const char *address)
{
	static const struct addrinfo hints = {
		.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE,
		.ai_socktype = SOCK_STREAM,
	};
	const char *colon = strrchr(address, ':');
	struct addrinfo *found = NULL;
	char host[64];
	bool is_bracketed = address[0] == '[' && colon > address && colon[-1] == ']';

	if (colon == NULL || !is_port(colon + 1))
		return NULL;
	if (is_bracketed)
		address++;

	int len = (int)(colon - address) - (is_bracketed ? 1 : 0);
	if (snprintf(host, sizeof(host), "%.*s", len, address) >= (int)sizeof(host) ||
	    getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return NULL;
	return found;
}

static int bind_to(const struct addrinfo *at)
{
	int on = 1, off = 0;
	int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (at->ai_family != AF_INET6 ||
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
	    bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0)
		return fd;

	int saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

bool listening_address_is_valid(const char *address)
{
	struct addrinfo *at = parse_address(address);

	if (at != NULL)
		freeaddrinfo(at);
	return at != NULL;
}

int listen_on(const char *address, const char *what)
{
	struct addrinfo *at = parse_address(address);
	struct sockaddr_in6 bound = { 0 };
	socklen_t len = sizeof(bound);

	if (at == NULL) {
		log_line(LOG_LEVEL_ERROR, "'%s' is no address and port", address);
		return -1;
	}

	int fd = bind_to(at);
	if (fd < 0)
		log_line(LOG_LEVEL_ERROR, "%s: %s", address, strerror(errno));
	freeaddrinfo(at);
	/* The port is at the same place in both families; it says which one where
	 * the configuration has 0. */
	if (fd >= 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0) {
		/* getsockname() wrote it. NOLINTNEXTLINE(clang-analyzer-core.CallAndMessage) */
		unsigned port = ntohs(bound.sin6_port);

		log_line(LOG_LEVEL_NOTICE, "%s on %s, port %u", what, address, port);
	}
	return fd;
}
