/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_EK_BINDING_H
#define VERIFIER_SIGNER_EK_BINDING_H

#include "tpm/public_area.h"

/*
 * Does the SubjectPublicKeyInfo hold this EK's numbers? The credential is made
 * for the public area, the node id is the SPKI's: were they two keys, a host
 * could enrol in another's name (CVE-2021-3406). The DER of an SPKI ends with
 * the key in one fixed form, so that a comparison of its end is enough and no
 * ASN.1 parser runs beside the CA keys. STATUS_MISMATCH, STATUS_UNSUPPORTED.
 */
enum status ek_is_of_spki(const struct public_area *ek, struct span spki);

#endif
