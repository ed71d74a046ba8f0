/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SVID that a captured host reports: a TBSCertificate of its choice, signed here as its
 * minting key would, so that all that stands behind the signature is reached. The path is
 * fixed: granted_certificate.c's under another key, and a root.
 */
#include <openssl/x509v3.h>

#include "base/auto_openssl.h"
#include "fixed_reference.h"
#include "fuzz.h"
#include "granted.h"
#include "verifier/appraisal/svid.h"

#define SIGNATURE_MAX 80
#define TBS_MAX ((size_t)0xff00)

/* AlgorithmIdentifier of ecdsa-with-SHA256 (RFC 5758, 3.2). */
static const uint8_t ecdsa[] = { 0x30, 0x0a, 0x06, 0x08, 0x2a, 0x86,
				 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02 };

static struct {
	EVP_PKEY *key; /* the grant's */
	uint8_t *der[2];
	struct span path[2];
	X509 *parsed[2];
} made;

/* In place of OpenSSL's, which makes a key anew for a certificate that is the same for all inputs. */
X509 *d2i_X509(X509 **out, const unsigned char **in, long len)
{
	for (size_t i = 0; out == NULL && i < 2; i++)
		if (made.parsed[i] != NULL && *in == made.der[i] && X509_up_ref(made.parsed[i])) {
			*in += len;
			return made.parsed[i];
		}
	return (X509 *)ASN1_item_d2i((ASN1_VALUE **)out, in, len, ASN1_ITEM_rptr(X509));
}

static void add(X509 *certificate, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, issuer, certificate, NULL, NULL, 0);
	AUTO(X509_EXTENSION) extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(extension != NULL && X509_add_ext(certificate, extension, -1) == 1);
}

static void drop(X509 *certificate, int nid)
{
	X509_EXTENSION_free(
		X509_delete_ext(certificate, X509_get_ext_by_NID(certificate, nid, -1)));
}

static void keep(size_t place, X509 *certificate, EVP_PKEY *signer)
{
	must(X509_sign(certificate, signer, EVP_sha256()) > 0);

	int len = i2d_X509(certificate, &made.der[place]);
	must(len > 0);
	made.path[place] = (struct span){ made.der[place], (size_t)len };

	const uint8_t *in = made.der[place];
	made.parsed[place] = d2i_X509(NULL, &in, len);
	must(made.parsed[place] != NULL);
}

/* OpenSSL keeps a certificate's parsed extensions: each is made of DER anew. */
static void start(void)
{
	AUTO(EVP_PKEY) root_key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	AUTO(X509) root = X509_dup(granted_certificate());
	AUTO(X509) grant = X509_dup(granted_certificate());

	made.key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	must(root_key != NULL && root != NULL && grant != NULL && made.key != NULL);
	AUTO(X509_NAME) name = X509_NAME_new();
	must(name != NULL && X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
							(const uint8_t *)"root", -1, -1, 0) == 1);
	must(X509_set_subject_name(root, name) == 1 && X509_set_issuer_name(root, name) == 1 &&
	     X509_set_issuer_name(grant, name) == 1 && X509_set_pubkey(root, root_key) == 1 &&
	     X509_set_pubkey(grant, made.key) == 1);
	/* A path of two: the root's own length would be too short. */
	drop(root, NID_basic_constraints);
	add(root, root, NID_basic_constraints, "critical,CA:TRUE");
	drop(root, NID_subject_key_identifier);
	add(root, root, NID_subject_key_identifier, "00112233445566778899aabbccddeeff00112233");
	add(grant, root, NID_authority_key_identifier, "keyid:always");
	keep(0, grant, root_key);
	keep(1, root, root_key);
}

/* SEQUENCE { tbs, ecdsa-with-SHA256, BIT STRING }, lengths as DER has them from 128 on. */
static size_t put_sequence(uint8_t *out, size_t len)
{
	out[0] = 0x30;
	out[1] = len > 0xff ? 0x82 : 0x81;
	if (len > 0xff)
		out[2] = (uint8_t)(len >> 8);
	out[len > 0xff ? 3 : 2] = (uint8_t)len;
	return len > 0xff ? 4 : 3;
}

static struct span leaf_of(struct span tbs)
{
	static uint8_t leaf[TBS_MAX + 256];
	uint8_t signature[SIGNATURE_MAX];
	size_t signature_len = sizeof(signature);
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();

	must(ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, made.key) == 1 &&
	     EVP_DigestSign(ctx, signature, &signature_len, tbs.data, tbs.len) == 1);

	size_t at = put_sequence(leaf, tbs.len + sizeof(ecdsa) + 3 + signature_len);
	memcpy(leaf + at, tbs.data, tbs.len);
	at += tbs.len;
	memcpy(leaf + at, ecdsa, sizeof(ecdsa));
	at += sizeof(ecdsa);
	leaf[at++] = 0x03;
	leaf[at++] = (uint8_t)(signature_len + 1);
	leaf[at++] = 0;
	memcpy(leaf + at, signature, signature_len);
	return (struct span){ leaf, at + signature_len };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct fixed_reference *fixed = fixed_reference();
	struct signed_der parts;

	if (made.key == NULL)
		start();
	if (len < 64 || len > TBS_MAX)
		return 0;

	struct span leaf = leaf_of((struct span){ data, len });
	const struct reported_svid svid = { .leaf = leaf,
					    .path = made.path,
					    .path_count = 2,
					    .reference = &fixed->reference,
					    .node_class = &fixed->node_class,
					    .now = GRANTED_NOW };
	taint(&parts, sizeof(parts));
	if (reported_svid_check(&svid, &parts) != OK) {
		must_be_tainted(&parts, sizeof(parts));
		return 0;
	}
	/* What was signed, and a name that the class has. */
	must(span_equal(parts.tbs, (struct span){ data, len }));
	must(memmem(data, len, "spiffe://example.org/", 21) != NULL);
	return 0;
}
