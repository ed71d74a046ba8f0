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

/* A damaged one keeps none of the others from its use, but is told. */
static enum status add_and_note(struct ek_pool *pool, struct span der,
				enum status (*add_one)(struct ek_pool *, struct span),
				enum status *note)
{
	enum status status = add_one(pool, der);

	if (status != OK && status != STATUS_MALFORMED)
		return status;
	if (status == STATUS_MALFORMED || *note == STATUS_NOT_FOUND)
		*note = status;
	return OK;
}

/* One after the other, as NV 0x01c00100 holds an on-die CA's chain; what follows
 * the last is padding. */
static enum status add_der(struct ek_pool *pool, struct span file,
			   enum status (*add_one)(struct ek_pool *, struct span))
{
	struct reader r = reader_over(file);
	enum status note = STATUS_NOT_FOUND;

	while (der_is_next(&r, DER_SEQUENCE)) {
		struct span der = der_whole(&r, DER_SEQUENCE);
		enum status status = r.status == OK ? add_and_note(pool, der, add_one, &note) : OK;

		if (status != OK)
			return status;
	}
	/* Behind a whole one, one that is cut off is damage, not padding. */
	return r.status != OK && note == OK ? STATUS_MALFORMED : note;
}

static enum status add_pem(struct ek_pool *pool, struct span file, const char *label,
			   enum status (*add_one)(struct ek_pool *, struct span))
{
	enum status note = STATUS_NOT_FOUND;
	AUTO(BIO) pem = pem_open(file);

	if (pem == NULL)
		return STATUS_NO_MEMORY;
	for (;;) {
		AUTO_DONE(bytes) der = { 0 };
		enum status status = pem_next(pem, label, &der);

		if (status == STATUS_NOT_FOUND)
			return note;
		if (status == OK)
			status = add_and_note(pool, span_of(&der), add_one, &note);
		if (status != OK)
			return status;
	}
}

/* DER, or every PEM block of that label. */
static enum status add_file(struct ek_pool *pool, struct span file, const char *label,
			    enum status (*add_one)(struct ek_pool *, struct span))
{
	if (pem_is_in(file))
		return add_pem(pool, file, label, add_one);
	return add_der(pool, file, add_one);
}

enum status ek_pool_add_certificates(struct ek_pool *pool, struct span file)
{
	return add_file(pool, file, "CERTIFICATE", add_certificate);
}

enum status ek_pool_add_crls(struct ek_pool *pool, struct span file)
{
	return add_file(pool, file, "X509 CRL", add_crl);
}
