/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_GRANTED_SCENE_H
#define TESTS_GRANTED_SCENE_H

#include "base/auto_openssl.h"
#include "signer_scene.h"

/* A trusted node's grant, and what its minting key could sign with it. */
struct granted_scene {
	struct signer_scene scene;
	X509 *root, *grant;
};

void granted_scene_init(struct granted_scene *g);
void granted_scene_done(struct granted_scene *g);
AUTO_RELEASE(granted_scene, granted_scene_done);

void add_extension(X509 *certificate, X509 *issuer, int nid, const char *value);
X509 *parse_certificate(struct span der);
/* A leaf, or a CA, by the minting key. */
X509 *issue(struct granted_scene *g, const char *san, const char *basic);
/* X509_V_OK, or what OpenSSL says against it. */
int verify_at(struct granted_scene *g, X509 *leaf, STACK_OF(X509) * chain, int64_t at);
int verify_issued(struct granted_scene *g, const char *san, const char *basic);

#endif
