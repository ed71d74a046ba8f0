/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a verifier, from a file to the structures of its roles. */
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"
#include "verifier/configuration.h"

/* One file for all inputs, which nobody else sees. */
static const char *file_of(struct span content)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("verifierd.conf", MFD_CLOEXEC);
		must(fd >= 0 && fchmod(fd, 0600) == 0);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	must(ftruncate(fd, 0) == 0);
	must(pwrite(fd, content.data, content.len, 0) == (ssize_t)content.len);
	return path;
}

/* What no role can do without, and what bounds it. */
static void must_be_whole(const struct configuration *c)
{
	must(c->listen != NULL && c->front.certificate != NULL && c->front.key != NULL);
	must(c->appraisers >= 1 && c->silence_s >= 4);
	must(c->front.connections_max > 0 && c->front.handshake_s > 0 && c->front.head_s > 0);
	must(c->signer.store != NULL && c->signer.mac_key != NULL && c->signer.result_key != NULL);
	must(c->signer.narrow_per_hour >= 1);
	for (size_t i = 0; i < c->signer.authority_count; i++)
		must(c->signer.authorities[i].key != NULL &&
		     c->signer.authorities[i].certificate != NULL);
	must(c->appraiser.ek_roots != NULL || c->appraiser.allow_software_tpm);
	must(c->has_release == (c->loader.directory != NULL));
	must(!c->has_release || c->loader.root.alg == DIGEST_SHA256);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error = { 0 };
	const char *path = file_of((struct span){ data, len });

	/* It says what is wrong. */
	if (configuration_load(path, &c, &error) != OK)
		must(error.text[0] != '\0');
	else
		must_be_whole(&c);
	return 0;
}
