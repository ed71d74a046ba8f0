/* SPDX-License-Identifier: Apache-2.0 */
/* A file of certificates or CRLs, in DER or PEM: what administrators put into
 * the folders of roots, and what NV 0x01c00100 holds. */
#include "fuzz.h"
#include "tpm/ek_path.h"
#include "tpm/pem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span file = { data, len };
	AUTO_DONE(ek_pool) pool = { 0 };
	AUTO_DONE(ek_pool) crls = { 0 };
	struct certificate c;
	enum status status = ek_pool_add_certificates(&pool, file);

	must(status != OK || pool.count > 0);
	must(status != STATUS_NOT_FOUND || pool.count == 0);
	for (size_t i = 0; i < pool.count; i++)
		must(certificate_parse(span_of(&pool.items[i].der), &c) == OK);
	status = ek_pool_add_crls(&crls, file);
	must(status != OK || crls.count > 0);
	return 0;
}
