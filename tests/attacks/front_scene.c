/* SPDX-License-Identifier: Apache-2.0 */
#include "attacks.h"

#include "front_scene.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "base/auto_openssl.h"
#include "verifier/frames.h"

static int listen_somewhere(unsigned *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void digest_of_certificate(const char *path, struct digest *out)
{
	AUTO(BIO) file = BIO_new_file(path, "r");
	unsigned len = 0;

	assert_non_null(file);

	AUTO(X509) certificate = PEM_read_bio_X509(file, NULL, NULL, NULL);

	assert_non_null(certificate);
	out->alg = DIGEST_SHA256;
	assert_int_equal(X509_digest(certificate, EVP_sha256(), out->value, &len), 1);
}

struct front_settings front_scene_settings(void)
{
	return (struct front_settings){ .connections_max = 64,
					.connections_per_peer_max = 64,
					.waiting_max = 48,
					.enrolments_per_peer = 600,
					.bodies_max = (size_t)32 << 20,
					.handshake_s = 10,
					.head_s = 10,
					.body_s = 10,
					.idle_s = 10,
					.answer_s = 10 };
}

static void run_front(const struct front_scene *f, const struct front_settings *wanted,
		      int parent_fd, int fd, int admin_fd)
{
	AUTO_DONE(bytes) certificate = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	AUTO_DONE(bytes) administrators = { 0 };
	struct administrator admin = { .name = "admin", .role = ROLE_PLATFORM };
	struct front_settings settings = *wanted;

	service_path(&f->service, "keys/tls_cert.pem", &certificate);
	service_path(&f->service, "keys/tls_key.pem", &key);
	service_path(&f->service, "keys/admin_cert.pem", &administrators);
	digest_of_certificate((const char *)administrators.data, &admin.certificate);
	settings.certificate = (const char *)certificate.data;
	settings.key = (const char *)key.data;
	settings.administrators = &admin;
	settings.administrator_count = 1;
	_exit(front_run(&settings, parent_fd, fd, admin_fd));
}

void front_scene_init(struct front_scene *f, const struct front_settings *settings)
{
	int parent[2], appraiser[2];
	struct frame frame;

	service_init(&f->service, "");

	int fd = listen_somewhere(&f->service.port);
	int admin_fd = listen_somewhere(&f->service.admin_port);

	assert_int_equal(channel_pair(parent), OK);
	assert_int_equal(channel_pair(appraiser), OK);
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (f->pid == 0) {
		(void)close(parent[0]);
		(void)close(appraiser[0]);
		(void)close(appraiser[1]);
		run_front(f, settings, parent[1], fd, admin_fd);
	}
	(void)close(fd);
	(void)close(admin_fd);
	(void)close(parent[1]);
	channel_init(&f->parent, parent[0], FRAME_BODY_MAX);
	channel_init(&f->appraiser, appraiser[0], FRAME_BODY_MAX);
	assert_int_equal(channel_receive(&f->parent, SERVICE_PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
	assert_int_equal(
		channel_send_fd(&f->parent, FRAME_APPRAISER, 0, (struct span){ 0 }, appraiser[1]),
		OK);
	(void)close(appraiser[1]);
}

int front_scene_end(struct front_scene *f)
{
	int64_t until = clock_ms() + SERVICE_PATIENCE_MS;
	int status = 0;

	channel_done(&f->parent);
	while (waitpid(f->pid, &status, WNOHANG) == 0) {
		if (clock_ms() > until) {
			(void)kill(f->pid, SIGKILL);
			(void)waitpid(f->pid, NULL, 0);
			status = -1;
			break;
		}
		sleep_ms(10);
	}
	channel_done(&f->appraiser);
	service_done(&f->service);
	return status >= 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
