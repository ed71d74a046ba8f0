/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/profile.h"

#include <stdbool.h>
#include <stdio.h>

AUTO_FREE(BASIC_CONSTRAINTS, BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free);
AUTO_FREE(ASN1_BIT_STRING, ASN1_BIT_STRING, ASN1_BIT_STRING_free);
AUTO_FREE(ASN1_OCTET_STRING, ASN1_OCTET_STRING, ASN1_OCTET_STRING_free);
AUTO_FREE(GENERAL_NAME, GENERAL_NAME, GENERAL_NAME_free);
AUTO_FREE(GENERAL_NAMES, GENERAL_NAMES, GENERAL_NAMES_free);
AUTO_FREE(GENERAL_SUBTREE, GENERAL_SUBTREE, GENERAL_SUBTREE_free);
AUTO_FREE(NAME_CONSTRAINTS, NAME_CONSTRAINTS, NAME_CONSTRAINTS_free);
AUTO_FREE(AUTHORITY_KEYID, AUTHORITY_KEYID, AUTHORITY_KEYID_free);

/* RFC 5280, 4.2.1.3: bit 5 keyCertSign, bit 6 cRLSign */
#define USAGE_KEY_CERT_SIGN 5
#define USAGE_CRL_SIGN 6

X509_EXTENSION *profile_ca(int path_len)
{
	AUTO(BASIC_CONSTRAINTS) bc = BASIC_CONSTRAINTS_new();

	if (bc == NULL)
		return NULL;
	bc->ca = 0xff;
	if (path_len >= 0) {
		bc->pathlen = ASN1_INTEGER_new();
		if (bc->pathlen == NULL || ASN1_INTEGER_set(bc->pathlen, path_len) != 1)
			return NULL;
	}
	return X509V3_EXT_i2d(NID_basic_constraints, 1, bc);
}

X509_EXTENSION *profile_usage(void)
{
	AUTO(ASN1_BIT_STRING) usage = ASN1_BIT_STRING_new();

	if (usage == NULL || ASN1_BIT_STRING_set_bit(usage, USAGE_KEY_CERT_SIGN, 1) != 1 ||
	    ASN1_BIT_STRING_set_bit(usage, USAGE_CRL_SIGN, 1) != 1)
		return NULL;
	return X509V3_EXT_i2d(NID_key_usage, 1, usage);
}

/* type is GEN_URI or GEN_DNS. */
static GENERAL_NAME *text_name(int type, const char *text)
{
	AUTO(GENERAL_NAME) name = GENERAL_NAME_new();
	ASN1_IA5STRING *value = ASN1_IA5STRING_new();

	if (name == NULL || value == NULL || ASN1_STRING_set(value, text, -1) != 1) {
		ASN1_IA5STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, type, value);

	GENERAL_NAME *made = name;

	name = NULL;
	return made;
}

/* Address and mask of all zeros: every address of len / 2 bytes. */
static GENERAL_NAME *all_addresses(int len)
{
	static const uint8_t zeros[32];
	AUTO(GENERAL_NAME) name = GENERAL_NAME_new();
	ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();

	if (name == NULL || value == NULL || ASN1_OCTET_STRING_set(value, zeros, len) != 1) {
		ASN1_OCTET_STRING_free(value);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_IPADD, value);

	GENERAL_NAME *made = name;

	name = NULL;
	return made;
}

X509_EXTENSION *profile_san(const char *trust_domain)
{
	AUTO(GENERAL_NAMES) names = GENERAL_NAMES_new();
	char uri[300];

	if (snprintf(uri, sizeof(uri), "spiffe://%s", trust_domain) >= (int)sizeof(uri))
		return NULL;

	AUTO(GENERAL_NAME) name = text_name(GEN_URI, uri);

	if (names == NULL || name == NULL || sk_GENERAL_NAME_push(names, name) <= 0)
		return NULL;
	name = NULL;
	return X509V3_EXT_i2d(NID_subject_alt_name, 0, names);
}

/* Takes base over. */
static bool add_subtree(STACK_OF(GENERAL_SUBTREE) * trees, GENERAL_NAME *base)
{
	AUTO(GENERAL_NAME) owned = base;
	AUTO(GENERAL_SUBTREE) tree = GENERAL_SUBTREE_new();

	if (owned == NULL || tree == NULL)
		return false;
	GENERAL_NAME_free(tree->base);
	tree->base = owned;
	owned = NULL;
	if (sk_GENERAL_SUBTREE_push(trees, tree) <= 0)
		return false;
	tree = NULL;
	return true;
}

X509_EXTENSION *profile_name_constraints(const char *trust_domain)
{
	AUTO(NAME_CONSTRAINTS) nc = NAME_CONSTRAINTS_new();

	if (nc == NULL)
		return NULL;
	nc->permittedSubtrees = sk_GENERAL_SUBTREE_new_null();
	nc->excludedSubtrees = sk_GENERAL_SUBTREE_new_null();
	if (nc->permittedSubtrees == NULL || nc->excludedSubtrees == NULL ||
	    !add_subtree(nc->permittedSubtrees, text_name(GEN_URI, trust_domain)) ||
	    !add_subtree(nc->excludedSubtrees, text_name(GEN_DNS, "")) ||
	    !add_subtree(nc->excludedSubtrees, all_addresses(8)) ||
	    !add_subtree(nc->excludedSubtrees, all_addresses(32)))
		return NULL;
	return X509V3_EXT_i2d(NID_name_constraints, 1, nc);
}

X509_EXTENSION *profile_authority_key_id(X509 *issuer)
{
	AUTO(AUTHORITY_KEYID) akid = AUTHORITY_KEYID_new();
	const ASN1_OCTET_STRING *id = X509_get0_subject_key_id(issuer);

	if (akid == NULL || id == NULL)
		return NULL;
	akid->keyid = ASN1_OCTET_STRING_dup(id);
	return akid->keyid == NULL ? NULL : X509V3_EXT_i2d(NID_authority_key_identifier, 0, akid);
}

X509_EXTENSION *profile_subject_key_id(const uint8_t *point, size_t len)
{
	AUTO(ASN1_OCTET_STRING) id = ASN1_OCTET_STRING_new();
	uint8_t sha1[20];

	if (id == NULL || EVP_Digest(point, len, sha1, NULL, EVP_sha1(), NULL) != 1 ||
	    ASN1_OCTET_STRING_set(id, sha1, sizeof(sha1)) != 1)
		return NULL;
	return X509V3_EXT_i2d(NID_subject_key_identifier, 0, id);
}
