/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SVID_SCENE_H
#define TESTS_SVID_SCENE_H

#include <openssl/x509v3.h>

#include "attestd/mint/identity/svid.h"
#include "attestd/svid_profile.h"
#include "attestd_grant.h"

/*
 * What the mint makes of a grant, before the profile, and the same with something changed.
 * unit.h comes first.
 */
#define ID "spiffe://example.org/web/1"
#define SELECTOR "x509pop://example.org/class/web"

extern struct svid_scene {
	struct granted granted;
	struct grant grant;
	struct svid svid;
} made;

int svid_scene_begin(void **state);
int svid_scene_end(void **state);
enum svid_refusal svid_scene_check(struct span tbs, int64_t now);
/* The mint's certificate, to be changed and encoded again. */
X509 *svid_scene_certificate(void);
enum svid_refusal svid_scene_check_changed(X509 *x);
void svid_scene_remove(X509 *x, int nid);
void svid_scene_add(X509 *x, int nid, const char *value);
void svid_scene_replace(X509 *x, int nid, const char *value);

#endif
