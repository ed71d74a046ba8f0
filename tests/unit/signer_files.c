/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "signer_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/pem.h>

#include "daemon/file.h"
#include "verifier/signer/authority.h"
#include "verifier/signer/signer.h"

void signer_files_init(struct signer_files *f)
{
	static const char *const names[SIGNER_FILES] = { "ca_key.pem",	   "ca.pem",
							 "result_key.pem", "mac_key",
							 "jwt_key.pem",	   "act.pem",
							 "store.db" };

	assert_non_null(mkdtemp(scratch_name(f->directory, "signer")));
	for (size_t i = 0; i < SIGNER_FILES; i++)
		(void)snprintf(f->path[i], sizeof(f->path[i]), "%s/%s", f->directory, names[i]);
	assert_int_equal(signer_keys_init(f->directory, "prod.example"), OK);
}

void signer_files_done(const struct signer_files *f)
{
	static const char *const others[] = { "result_pub.pem", "log_key.pem",	"log_pub.pem",
					      "store.db-wal",	"store.db-shm", "store.db-lock" };
	char path[SCRATCH_MAX + 16];

	for (size_t i = 0; i < SIGNER_FILES; i++)
		(void)unlink(f->path[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", f->directory, others[i]);
		(void)unlink(path);
	}
	(void)rmdir(f->directory);
}

void signer_files_age_root(const struct signer_files *f, int64_t made)
{
	static const uint8_t serial[16] = { 1 };
	AUTO_DONE(bytes) pem = { 0 };
	FILE *file = fopen(f->path[FILE_CA_KEY], "r");

	assert_non_null(file);
	AUTO(EVP_PKEY) key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
	assert_int_equal(fclose(file), 0);
	assert_non_null(key);
	assert_int_equal(authority_make_root("prod.example", key, serial, made, &pem), OK);
	assert_int_equal(file_replace(f->path[FILE_CA], span_of(&pem), 0644, (uid_t)-1, (gid_t)-1),
			 OK);
}
