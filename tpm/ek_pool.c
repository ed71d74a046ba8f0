/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "tpm/der.h"
#include "tpm/ek_path.h"
#include "tpm/pem.h"

#define POOL_STEP 16

static void item_done(struct ek_pool_item *item)
{
	bytes_done(&item->der);
	X509_NAME_free(item->subject);
	X509_CRL_free(item->crl);
	*item = (struct ek_pool_item){ 0 };
}

AUTO_RELEASE(ek_pool_item, item_done);

void ek_pool_done(struct ek_pool *pool)
{
	for (size_t i = 0; i < pool->count; i++)
		item_done(&pool->items[i]);
	free(pool->items);
	*pool = (struct ek_pool){ 0 };
}

/* Takes the item over. */
static enum status add(struct ek_pool *pool, struct ek_pool_item *item)
{
	if (pool->count == pool->capacity) {
		size_t capacity = pool->capacity + pool->capacity / 2 + POOL_STEP;
		struct ek_pool_item *items =
			reallocarray(pool->items, capacity, sizeof(pool->items[0]));

		if (items == NULL)
			return STATUS_NO_MEMORY;
		pool->items = items;
		pool->capacity = capacity;
	}
	pool->items[pool->count++] = *item;
	*item = (struct ek_pool_item){ 0 };
	return OK;
}

static enum status add_certificate(struct ek_pool *pool, struct span der)
{
	AUTO_DONE(ek_pool_item) item = { 0 };
	enum status status = bytes_copy(der, &item.der);

	if (status != OK)
		return status;
	if (certificate_parse(span_of(&item.der), &item.certificate) != OK)
		return STATUS_MALFORMED;
	item.subject = name_decode(item.certificate.subject);
	return item.subject == NULL ? STATUS_MALFORMED : add(pool, &item);
}

static enum status add_crl(struct ek_pool *pool, struct span der)
{
	AUTO_DONE(ek_pool_item) item = { 0 };
	const unsigned char *at = der.data;
	enum status status = bytes_copy(der, &item.der);

	if (status != OK)
		return status;
	item.crl = der.len > INT32_MAX ? NULL : d2i_X509_CRL(NULL, &at, (long)der.len);
	if (item.crl == NULL || at != der.data + der.len)
		return STATUS_MALFORMED;
	return add(pool, &item);
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
