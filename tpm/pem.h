/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_PEM_H
#define TPM_PEM_H

#include "base/auto_openssl.h"
#include "base/bytes.h"

/* Is there a PEM block in it? DER never starts with the dashes of one. */
bool pem_is_in(struct span text);
/* A reader over text for pem_next(); NULL for no memory or more than 2 GiB. */
BIO *pem_open(struct span text);
/* The next block with this label, others skipped; STATUS_NOT_FOUND at the end.
 * An encrypted block, or one that does not decode, is STATUS_MALFORMED. */
enum status pem_next(BIO *pem, const char *label, struct bytes *out);

#endif
