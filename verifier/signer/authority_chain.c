/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/authority_chain.h"

#include <string.h>

#include <openssl/x509v3.h>

#include "verifier/signer_parts.h"

/* Of two grants by one CA: how their signatures and times are encoded. */
#define GRANT_DIFFERENCE_MAX 16

AUTO_FREE(X509_STORE, X509_STORE, X509_STORE_free);
AUTO_FREE(X509_STORE_CTX, X509_STORE_CTX, X509_STORE_CTX_free);

static void free_certificates(STACK_OF(X509) * certificates)
{
	sk_X509_pop_free(certificates, X509_free);
}

AUTO_FREE(certificates, STACK_OF(X509), free_certificates);

static X509 *decode(const struct bytes *der)
{
	const unsigned char *at = der->data;

	return d2i_X509(NULL, &at, (long)der->len);
}

/* No key but one on a curve has a group of these names. */
static bool is_on_known_curve(EVP_PKEY *key)
{
	char group[32] = "";

	return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
	       (strcmp(group, "prime256v1") == 0 || strcmp(group, "secp384r1") == 0);
}

/* below: how many CAs a chain has between this one and a workload's certificate. */
static const char *certificate_fault(X509 *certificate, int below, int64_t now)
{
	time_t at = (time_t)now;
	long path_len = X509_get_pathlen(certificate);

	/* 1 alone: version 3 with CA:TRUE; X509_check_ca() knows older customs too. */
	if (X509_check_ca(certificate) != 1)
		return "a certificate in it is no CA's: it wants CA:TRUE and keyCertSign";
	if (path_len >= 0 && path_len < below)
		return "its path length leaves no room for grants, which are CAs themselves";
	if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0)
		return "a certificate in it is not valid yet: mend the clock, or wait";
	if (X509_cmp_time(X509_get0_notAfter(certificate), &at) <= 0)
		return "a certificate in it has expired: renew it, or mend the clock";
	if (!is_on_known_curve(X509_get0_pubkey(certificate)))
		return "a key in it is not on P-256 or P-384";
	return NULL;
}

/* What goes out with each grant has to fit what carries it. */
static const char *size_fault(const struct authority *a)
{
	bool fits = a->root.len <= SIGNER_CERTIFICATE_MAX;

	for (size_t i = 0; i < a->chain_count; i++)
		fits = fits && a->chain[i].len <= SIGNER_CERTIFICATE_MAX;
	return fits ? NULL : "a certificate in it is longer than 4096 bytes";
}

/* A grant names its issuer. */
static const char *grant_fault(const struct authority *a, int64_t now)
{
	static const uint8_t coordinate[32] = { 1 };
	const struct grant_request request = {
		.x = coordinate, .y = coordinate, .issued = now, .expires = now + 600
	};
	AUTO_DONE(bytes) grant = { 0 };

	if (authority_grant(a, &request, &grant) != OK)
		return "no grant can be signed with its key";
	return grant.len + GRANT_DIFFERENCE_MAX > SIGNER_CERTIFICATE_MAX
		       ? "its issuing CA's name is too long: grants would be longer than 4096 bytes"
		       : NULL;
}

/* By signatures, from the issuing CA to the root and nowhere else. */
static bool is_linked(const struct authority *a, X509 *root, int64_t now)
{
	AUTO(X509_STORE) trusted = X509_STORE_new();
	AUTO(X509_STORE_CTX) ctx = X509_STORE_CTX_new();
	AUTO(certificates) untrusted = sk_X509_new_null();
	bool is_good = trusted != NULL && ctx != NULL && untrusted != NULL &&
		       X509_STORE_add_cert(trusted, root) == 1;

	for (size_t i = 0; i < a->chain_count && is_good; i++) {
		X509 *next = decode(&a->chain[i]);

		is_good = next != NULL && sk_X509_push(untrusted, next) > 0;
		if (!is_good)
			X509_free(next);
	}
	if (!is_good || X509_STORE_CTX_init(ctx, trusted, a->issuer, untrusted) != 1)
		return false;
	X509_STORE_CTX_set_time(ctx, 0, (time_t)now);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_CHECK_SS_SIGNATURE);
	/* Only 1 means yes. */
	if (X509_verify_cert(ctx) != 1)
		return false;
	/* All of them: a stranger between two that are linked would go out with each grant. */
	return sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) == (int)a->chain_count + 1;
}

const char *authority_chain_fault(const struct authority *a, int64_t now)
{
	AUTO(X509) root = decode(&a->root);
	const char *fault = NULL;
	int below = 1;

	if (root == NULL)
		return "its root can't be read";
	if (X509_check_private_key(a->issuer, a->key) != 1)
		return "its first certificate is not the key's";
	for (size_t i = 0; i < a->chain_count && fault == NULL; i++) {
		AUTO(X509) certificate = decode(&a->chain[i]);

		fault = certificate == NULL ? "a certificate in it can't be read"
					    : certificate_fault(certificate, below++, now);
	}
	if (fault == NULL)
		fault = certificate_fault(root, below, now);
	if (fault == NULL && !is_linked(a, root, now))
		fault = "its certificates are no chain: the issuing CA comes first, the root last";
	if (fault == NULL)
		fault = size_fault(a);
	return fault == NULL ? grant_fault(a, now) : fault;
}
