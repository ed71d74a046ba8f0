/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/certificate.h"
#include "tpm/der.h"
#include "tpm/ek_certificate.h"
#include "tpm/pem.h"

#define POOL_STEP 16

void ek_pool_done(struct ek_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		bytes_done(&pool->items[i]);
	free(pool->items);
	*pool = (struct ek_pool){ 0 };
}

static enum status add(struct ek_pool *pool, struct span der)
{
	if (pool->count == pool->capacity) {
		size_t capacity = pool->capacity + pool->capacity / 2 + POOL_STEP;
		struct bytes *items = reallocarray(pool->items, capacity, sizeof(pool->items[0]));

		if (items == NULL)
			return STATUS_NO_MEMORY;
		pool->items = items;
		pool->capacity = capacity;
	}
	pool->items[pool->count] = (struct bytes){ 0 };

	enum status status = bytes_copy(der, &pool->items[pool->count]);
	if (status == OK)
		pool->count++;
	return status;
}

static enum status add_certificate(struct ek_pool *pool, struct span der)
{
	struct certificate c;

	return certificate_parse(der, &c) != OK ? STATUS_MALFORMED : add(pool, der);
}

static enum status add_crl(struct ek_pool *pool, struct span der)
{
	const unsigned char *at = der.data;
	AUTO(X509_CRL) crl = der.len > INT32_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)der.len);

	if (crl == NULL || at != der.data + der.len)
		return STATUS_MALFORMED;
	return add(pool, der);
}

/* One DER element, what follows it ignored, or every PEM block of that label. */
static enum status add_file(struct ek_pool *pool, struct span file, const char *label,
			    enum status (*add_one)(struct ek_pool *, struct span))
{
	size_t before = pool->count;

	if (!pem_is_in(file)) {
		struct reader r = reader_over(file);
		struct span der = der_whole(&r, DER_SEQUENCE);

		return r.status != OK ? STATUS_NOT_FOUND : add_one(pool, der);
	}

	AUTO(BIO) pem = pem_open(file);
	if (pem == NULL)
		return STATUS_NO_MEMORY;
	for (;;) {
		AUTO_DONE(bytes) der = { 0 };
		enum status status = pem_next(pem, label, &der);

		if (status == STATUS_NOT_FOUND)
			return pool->count > before ? OK : STATUS_NOT_FOUND;
		if (status == OK)
			status = add_one(pool, span_of(&der));
		if (status != OK)
			return status;
	}
}

enum status ek_pool_add_certificates(struct ek_pool *pool, struct span file)
{
	return add_file(pool, file, "CERTIFICATE", add_certificate);
}

enum status ek_pool_add_crls(struct ek_pool *pool, struct span file)
{
	return add_file(pool, file, "X509 CRL", add_crl);
}
