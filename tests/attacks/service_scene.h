/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SERVICE_SCENE_H
#define TESTS_SERVICE_SCENE_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "base/bytes.h"

/*
 * A running verifierd, and whoever wants it ill. unit.h comes first.
 */
struct service {
	char directory[128]; /* keys, store, configuration, log */
	pid_t pid;
	unsigned port, admin_port;
	const char *ulimit; /* "-Sn": it starts with 100 descriptors; NULL: with ours */
};

#define SERVICE_PATIENCE_MS 60000

/* A sanitizer keeps freed memory, and more beside each block. */
#ifdef __SANITIZE_ADDRESS__
#define MEMORY_SCALE 8
#else
#define MEMORY_SCALE 1
#endif

/* Keys and a configuration, with these lines under [server]; not started. */
void service_init(struct service *s, const char *server_settings);
/* Until it is ready. */
void service_start(struct service *s);
/* What a start that is refused ends with; its log stays. */
int service_start_refused(struct service *s);
void service_stop(struct service *s);
void service_done(struct service *s);
AUTO_RELEASE(service, service_done);

/* directory/name with its NUL. */
void service_path(const struct service *s, const char *name, struct bytes *out);
void service_log(const struct service *s, struct bytes *out);
/* From now on the role may open no descriptor from this one on. */
void service_limit_files(const struct service *s, const char *role, unsigned first);
/* Peak of resident memory of the role, in KiB. */
long service_peak_kib(const struct service *s, const char *role);
bool service_runs(const struct service *s);

/* A TCP connection, whose reads end after SERVICE_PATIENCE_MS. */
int service_dial(unsigned port);
/* TLS over it; as_admin shows the administrator's certificate. */
struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

void client_init(struct client *c, const struct service *s, bool as_admin);
/* The same with a context of the test's own. */
void client_connect(struct client *c, unsigned port);
void client_done(struct client *c);
AUTO_RELEASE(client, client_done);
/* As much as the peer takes; false where it closed. */
bool client_write(struct client *c, struct span bytes);
/* All until the end of one answer, or of the connection. The HTTP status, 0
 * for a connection that ended without one. */
unsigned client_read(struct client *c, struct bytes *answer);
/* One request on a connection of its own. */
unsigned service_ask(const struct service *s, bool as_admin, struct span request,
		     struct bytes *answer);
unsigned service_ask_text(const struct service *s, const char *request);
/* The name's value in the answer's head, up to the line's end; empty: none. */
struct span answer_field(const struct bytes *answer, const char *name);
/* It answers another one within a second; no release is configured, and it says so. */
void service_expect_others_served(const struct service *s);
size_t occurrences(const struct bytes *text, const char *wanted);

/* Milliseconds of a clock that only rises. */
int64_t clock_ms(void);
void sleep_ms(unsigned ms);

/* Runs a program with its output in a file; its exit status, 128 and more for a
 * signal. argv ends with NULL. */
int run_to_file(const char *const *argv, const char *path);
/* Forks and executes, standard error appended to path. */
pid_t start_to_file(const char *const *argv, const char *path);
/* A new one, in TMPDIR. */
void new_directory(char *path, size_t size);
/* A program of the build: "verifier/verifierd". */
void built(const char *name, struct bytes *out);

#endif
