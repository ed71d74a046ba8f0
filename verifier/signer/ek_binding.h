/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_EK_BINDING_H
#define VERIFIER_SIGNER_EK_BINDING_H

#include "tpm/public_area.h"

/*
 * A node id is the digest of the SubjectPublicKeyInfo as the maker's certificate has
 * it, and makers spell one and the same RSA key in several ways. This is the nth of
 * them, whole, made from the EK's numbers: a closed list, so that no ASN.1 parser runs
 * beside the CA keys. STATUS_NOT_FOUND behind the last, STATUS_UNSUPPORTED.
 */
enum status ek_spelling(const struct public_area *ek, size_t n, struct bytes *out);

/*
 * Is it one of them? The credential is made for the public area, the node id is the
 * SPKI's: were they two keys, a host could enrol in another's name (CVE-2021-3406).
 * STATUS_MISMATCH, STATUS_UNSUPPORTED.
 */
enum status ek_is_of_spki(const struct public_area *ek, struct span spki);

#endif
