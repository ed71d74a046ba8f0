/* SPDX-License-Identifier: Apache-2.0 */
#include "tpm_proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define HEADER 10
#define PORT_TRIES 64
#define HANG_STEP_MS 20

const struct tpm_fault tpm_faults[] = {
	{ "retry", FAULT_CODE, 0x922 },
	{ "yielded", FAULT_CODE, 0x908 },
	{ "testing", FAULT_CODE, 0x90a },
	{ "canceled", FAULT_CODE, 0x909 },
	{ "lockout", FAULT_CODE, 0x921 },
	{ "nv-rate", FAULT_CODE, 0x920 },
	{ "object-memory", FAULT_CODE, 0x902 },
	{ "session-memory", FAULT_CODE, 0x903 },
	{ "failure", FAULT_CODE, 0x101 },
	{ "initialize", FAULT_CODE, 0x100 },
	{ "command-code", FAULT_CODE, 0x143 },
	{ "value", FAULT_CODE, 0x1c4 },
	{ "handle", FAULT_CODE, 0x18b },
	{ "integrity", FAULT_CODE, 0x1df },
	{ "bad-auth", FAULT_CODE, 0x9a2 },
	{ "policy-fail", FAULT_CODE, 0x99d },
	{ "hierarchy", FAULT_CODE, 0x185 },
	{ "tpm-1.2", FAULT_CODE, 0x1e },
	{ "closed", FAULT_CLOSED, 0 },
	{ "lost", FAULT_LOST, 0 },
	{ "truncated", FAULT_TRUNCATED, 0 },
	{ "header", FAULT_HEADER, 0 },
	{ "oversized", FAULT_OVERSIZED, 0 },
	{ "longer", FAULT_LONGER, 0 },
	{ "tiny", FAULT_TINY, 0 },
	{ "random", FAULT_RANDOM, 0 },
	{ "noise", FAULT_NOISE, 0 },
	{ "other", FAULT_OTHER, 0 },
	{ "hang", FAULT_HANG, 0 },
};

const size_t tpm_fault_count = sizeof(tpm_faults) / sizeof(*tpm_faults);

const struct tpm_fault *tpm_fault_find(const char *name)
{
	for (size_t i = 0; i < tpm_fault_count; i++) {
		if (strcmp(tpm_faults[i].name, name) == 0)
			return &tpm_faults[i];
	}
	return NULL;
}

static uint32_t be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static bool read_all(int fd, uint8_t *out, size_t len)
{
	while (len > 0) {
		ssize_t got = read(fd, out, len);

		if (got <= 0)
			return false;
		out += got;
		len -= (size_t)got;
	}
	return true;
}

static bool send_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t sent = send(fd, data, len, MSG_NOSIGNAL);

		if (sent <= 0)
			return false;
		data += sent;
		len -= (size_t)sent;
	}
	return true;
}

/* One command or response, by the size in its header; 0: none. */
static size_t message_read(int fd, uint8_t out[TPM_RESPONSE_MAX])
{
	if (!read_all(fd, out, HEADER))
		return 0;

	size_t len = be32(out + 2);

	if (len < HEADER || len > TPM_RESPONSE_MAX)
		return 0;
	return read_all(fd, out + HEADER, len - HEADER) ? len : 0;
}

/* swtpm serves one connection at a time, and the TCTI makes one a command. */
static size_t ask(const struct tpm_proxy *p, const uint8_t *command, size_t len,
		  uint8_t answer[TPM_RESPONSE_MAX])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(p->tpm_port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t got = 0;

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    send_all(fd, command, len))
		got = message_read(fd, answer);
	if (fd >= 0)
		(void)close(fd);
	return got;
}

static void hang(struct tpm_proxy *p)
{
	bool is_over = false;

	while (!is_over) {
		(void)poll(NULL, 0, HANG_STEP_MS);
		(void)pthread_mutex_lock(&p->lock);
		is_over = p->is_ending || p->fault == NULL;
		(void)pthread_mutex_unlock(&p->lock);
	}
}

/* What becomes of an answer that the TPM gave; its new length. */
static size_t spoil(const struct tpm_fault *fault, struct tpm_proxy *p, uint8_t *answer, size_t len)
{
	switch (fault->kind) {
	case FAULT_TRUNCATED:
		return len / 2;
	case FAULT_HEADER:
		put32(answer + 2, HEADER);
		return HEADER;
	case FAULT_OVERSIZED:
		put32(answer + 2, UINT32_MAX);
		return len;
	case FAULT_LONGER:
		if (len == TPM_RESPONSE_MAX)
			return len;
		answer[len] = 0xa5;
		put32(answer + 2, (uint32_t)len + 1);
		return len + 1;
	case FAULT_TINY:
		put32(answer + 2, 4);
		return len;
	case FAULT_RANDOM:
		/* At least one, so that it is none that was good. */
		len = len < HEADER + 64 ? HEADER + 64 : len;
		put32(answer + 2, (uint32_t)len);
		(void)!getrandom(answer + HEADER, len - HEADER, 0);
		return len;
	case FAULT_NOISE:
		(void)!getrandom(answer, len, 0);
		return len;
	case FAULT_OTHER:
		memcpy(answer, p->before, p->before_len);
		return p->before_len;
	case FAULT_CODE:
	case FAULT_CLOSED:
	case FAULT_HANG:
	case FAULT_LOST:
	default:
		return 0;
	}
}

/* Counts the command; the fault that strikes it, or NULL. */
static const struct tpm_fault *next_fault(struct tpm_proxy *p, uint32_t command)
{
	const struct tpm_fault *fault = NULL;

	(void)pthread_mutex_lock(&p->lock);
	if (p->count < TPM_COMMANDS_MAX)
		p->commands[p->count] = command;
	p->count++;
	if (p->fault != NULL && (p->count == p->at || (p->is_lasting && p->count > p->at))) {
		fault = p->fault;
		p->hits++;
		p->hit_command = command;
	}
	(void)pthread_mutex_unlock(&p->lock);
	return fault;
}

/* False where there was nothing to be handed on. */
static bool relay(struct tpm_proxy *p, int fd, const uint8_t *command, size_t len,
		  const struct tpm_fault *fault)
{
	uint8_t answer[TPM_RESPONSE_MAX];
	double start = now_s();
	size_t got = ask(p, command, len, answer);
	uint8_t kept[TPM_RESPONSE_MAX];
	size_t kept_len = got;

	memcpy(kept, answer, got);
	(void)pthread_mutex_lock(&p->lock);
	p->busy_s += now_s() - start;
	(void)pthread_mutex_unlock(&p->lock);
	if (fault != NULL && got > 0)
		got = spoil(fault, p, answer, got);
	if (got > 0)
		(void)send_all(fd, answer, got);
	memcpy(p->before, kept, kept_len);
	p->before_len = kept_len;
	return got > 0;
}

/* Returns when the connection is to be closed. */
static void serve(struct tpm_proxy *p, int fd)
{
	uint8_t command[TPM_RESPONSE_MAX];
	uint8_t refusal[HEADER] = { 0x80, 0x01, 0, 0, 0, HEADER };
	size_t len;

	while ((len = message_read(fd, command)) > 0) {
		const struct tpm_fault *fault = next_fault(p, be32(command + 6));

		if (p->on_command != NULL)
			p->on_command(be32(command + 6));
		if (fault != NULL && fault->kind == FAULT_HANG)
			hang(p);
		if (fault != NULL && (fault->kind == FAULT_HANG || fault->kind == FAULT_CLOSED))
			return;
		if (fault != NULL && fault->kind == FAULT_CODE) {
			put32(refusal + 6, fault->code);
			(void)send_all(fd, refusal, HEADER);
			continue;
		}
		if (!relay(p, fd, command, len, fault) || fault != NULL)
			return;
	}
}

/* Each control command is answered with success. */
static void serve_control(int fd)
{
	static const uint8_t good[4];
	uint8_t command[64];

	if (read(fd, command, sizeof(command)) > 0)
		(void)send_all(fd, good, sizeof(good));
}

static bool is_ending(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	bool ending = p->is_ending;
	(void)pthread_mutex_unlock(&p->lock);
	return ending;
}

static void *run(void *context)
{
	struct tpm_proxy *p = context;
	static const int on = 1;

	while (!is_ending(p)) {
		struct pollfd fds[] = { { .fd = p->listener, .events = POLLIN },
					{ .fd = p->control, .events = POLLIN } };

		if (poll(fds, 2, 50) <= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			/* Whoever it is. */
			/* cppcheck-suppress nullPointer */
			int fd = fds[i].revents != 0 ? accept4(fds[i].fd, NULL, NULL, SOCK_CLOEXEC)
						     : -1;

			if (fd < 0)
				continue;
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
			if (i == 0)
				serve(p, fd);
			else
				serve_control(fd);
			(void)close(fd);
		}
	}
	return NULL;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0 &&
	    listen(fd, 16) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

bool tpm_proxy_start(struct tpm_proxy *p, uint16_t tpm_port)
{
	*p = (struct tpm_proxy){
		.tpm_port = tpm_port, .listener = -1, .control = -1, .on_command = p->on_command
	};
	for (int tries = 0; tries < PORT_TRIES && p->control < 0; tries++) {
		uint16_t random = 0;

		(void)!getrandom(&random, sizeof(random), 0);
		p->port = (uint16_t)(20000 + random % 6000 * 2);
		if (p->listener >= 0)
			(void)close(p->listener);
		p->listener = listen_on(p->port);
		p->control = p->listener < 0 ? -1 : listen_on((uint16_t)(p->port + 1));
	}
	return p->control >= 0 && pthread_mutex_init(&p->lock, NULL) == 0 &&
	       pthread_create(&p->thread, NULL, run, p) == 0;
}

void tpm_proxy_stop(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	(void)pthread_mutex_unlock(&p->lock);
	(void)pthread_join(p->thread, NULL);
	(void)close(p->listener);
	(void)close(p->control);
	(void)pthread_mutex_destroy(&p->lock);
}

void tpm_proxy_arm(struct tpm_proxy *p, size_t at, const struct tpm_fault *fault, bool is_lasting)
{
	(void)pthread_mutex_lock(&p->lock);
	p->fault = fault;
	p->at = at;
	p->is_lasting = is_lasting;
	p->hits = 0;
	p->count = 0;
	p->busy_s = 0;
	(void)pthread_mutex_unlock(&p->lock);
}

void tpm_proxy_disarm(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	p->fault = NULL;
	(void)pthread_mutex_unlock(&p->lock);
}

size_t tpm_proxy_hits(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	size_t hits = p->hits;
	(void)pthread_mutex_unlock(&p->lock);
	return hits;
}

size_t tpm_proxy_count(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	size_t count = p->count;
	(void)pthread_mutex_unlock(&p->lock);
	return count;
}

double tpm_proxy_busy_s(struct tpm_proxy *p)
{
	(void)pthread_mutex_lock(&p->lock);
	double busy_s = p->busy_s;
	(void)pthread_mutex_unlock(&p->lock);
	return busy_s;
}

uint32_t tpm_proxy_command(struct tpm_proxy *p, size_t at)
{
	(void)pthread_mutex_lock(&p->lock);
	uint32_t command = at < p->count && at < TPM_COMMANDS_MAX ? p->commands[at] : 0;
	(void)pthread_mutex_unlock(&p->lock);
	return command;
}

bool tpm_proxy_past(struct tpm_proxy *p, const uint8_t *command, size_t len, uint32_t *out)
{
	uint8_t answer[TPM_RESPONSE_MAX];
	size_t got = ask(p, command, len, answer);

	if (got < HEADER || be32(answer + 6) != 0)
		return false;
	if (out != NULL && got < HEADER + 4)
		return false;
	if (out != NULL)
		*out = be32(answer + HEADER);
	return true;
}

/* TPM2_GetCapability(TPM_CAP_HANDLES) from a handle on. */
static int loaded_in(const struct tpm_proxy *p, uint32_t first)
{
	uint8_t command[22] = { 0x80, 0x01, 0, 0, 0, 22, 0, 0, 0x01, 0x7a, 0, 0, 0, 1 };
	uint8_t answer[TPM_RESPONSE_MAX];

	put32(command + 14, first);
	put32(command + 18, 64);

	/* Header, moreData, capability, count. */
	size_t len = ask(p, command, sizeof(command), answer);

	return len < 19 || be32(answer + 6) != 0 ? -1 : (int)be32(answer + 15);
}

int tpm_proxy_loaded(struct tpm_proxy *p)
{
	int objects = loaded_in(p, 0x80000000), sessions = loaded_in(p, 0x02000000);

	return objects < 0 || sessions < 0 ? -1 : objects + sessions;
}

bool tpm_proxy_pcr(struct tpm_proxy *p, unsigned pcr, uint8_t value[32])
{
	uint8_t command[20] = { 0x80, 0x01, 0, 0, 0, 20, 0, 0, 0x01, 0x7e, 0, 0, 0, 1, 0, 0x0b, 3 };
	uint8_t answer[TPM_RESPONSE_MAX];

	command[17 + pcr / 8] = (uint8_t)(1 << pcr % 8);

	size_t len = ask(p, command, sizeof(command), answer);

	/* Header, counter, selection (4 + 2 + 1 + 3), count, size, digest. */
	if (len != 10 + 4 + 10 + 4 + 2 + 32 || be32(answer + 6) != 0)
		return false;
	memcpy(value, answer + len - 32, 32);
	return true;
}
