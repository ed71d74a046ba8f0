/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <string.h>

#include "base/auto_openssl.h"
#include "base/text.h"
#include "messages/sealed.h"

/* By python3-cryptography: scalars 01..20 and 21..40 (hex), node ab.., nonce "nonce",
 * ticket 7, plain text "a token". */
#define SEALED                                                                                     \
	"04515c3d6eb9e396b904d3feca7f54fdcd0cc1e997bf375dca515ad0a6c3b4035f"                       \
	"4536be3a50f318fbf9a5475902a221502bef0d57e08c53b2cc0a56f17d9f9354"                         \
	"c53cb391860964fe3e3cccda0fe6634d481febed1f8394"
#define READER                                                                                     \
	"041f140146bfb1b251f84f4ddbe0d4cdcfd77afd984a9520e35794021f8312bb9e"                       \
	"ec995a08b1fa7704df3dcc0b50a9665263fb7711f95f9f8a449c5096e47c892b"

static EVP_PKEY *key_from(uint8_t first)
{
	uint8_t scalar[SEALED_SCALAR_SIZE];
	EVP_PKEY *key = NULL;

	for (size_t i = 0; i < sizeof(scalar); i++)
		scalar[i] = (uint8_t)(first + i);
	assert_int_equal(sealing_key(scalar, &key), OK);
	return key;
}

static void context_of(uint64_t ticket, struct bytes *out)
{
	struct node_id node;

	memset(node.value, 0xab, sizeof(node.value));
	assert_int_equal(sealed_jwt_context(&node, span_text("nonce"), ticket, out), OK);
}

static void hex(const char *text, struct bytes *out)
{
	assert_int_equal(hex_decode(span_text(text), out), OK);
}

static void what_is_sealed_is_what_others_compute(void **state)
{
	AUTO(EVP_PKEY) sender = key_from(1);
	AUTO(EVP_PKEY) reader = key_from(33);
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) wanted = { 0 };
	AUTO_DONE(bytes) point = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	uint8_t own[SEALED_POINT_SIZE];
	(void)state;

	context_of(7, &context);
	hex(SEALED, &wanted);
	hex(READER, &point);
	assert_int_equal(sealing_point(reader, own), OK);
	assert_memory_equal(own, point.data, sizeof(own));
	assert_int_equal(
		seal(sender, span_of(&point), span_of(&context), span_text("a token"), &sealed),
		OK);
	assert_true(span_equal(span_of(&sealed), span_of(&wanted)));
	assert_int_equal(unseal(reader, span_of(&context), span_of(&wanted), &plain), OK);
	assert_true(span_equal(span_of(&plain), span_text("a token")));
}

/* In the place of bytes_wipe(): tells whether anything was wiped. */
/* The linker's names for them. NOLINTBEGIN(bugprone-reserved-identifier) */
void __real_bytes_wipe(struct bytes *b);
void __wrap_bytes_wipe(struct bytes *b);

static size_t wiped;

void __wrap_bytes_wipe(struct bytes *b)
{
	wiped += b->capacity;
	__real_bytes_wipe(b);
}
/* NOLINTEND(bugprone-reserved-identifier) */

static void what_no_tag_vouches_for_is_wiped(void **state)
{
	AUTO(EVP_PKEY) reader = key_from(33);
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	(void)state;

	context_of(7, &context);
	hex(SEALED, &sealed);
	sealed.data[sealed.len - 1] ^= 1;
	wiped = 0;
	assert_int_equal(unseal(reader, span_of(&context), span_of(&sealed), &plain),
			 STATUS_MISMATCH);
	assert_true(wiped >= sealed.len - SEALED_OVERHEAD);
}

static void nobody_else_opens_it_and_for_nothing_else(void **state)
{
	AUTO(EVP_PKEY) reader = key_from(33);
	AUTO(EVP_PKEY) other = key_from(2);
	AUTO(EVP_PKEY) sender = key_from(1);
	uint8_t point[SEALED_POINT_SIZE];
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) next = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	(void)state;

	context_of(7, &context);
	context_of(8, &next);
	assert_int_equal(sealing_point(reader, point), OK);
	assert_int_equal(seal(sender, (struct span){ point, sizeof(point) }, span_of(&context),
			      span_text("a token"), &sealed),
			 OK);
	assert_int_equal(unseal(other, span_of(&context), span_of(&sealed), &plain),
			 STATUS_MISMATCH);
	assert_int_equal(unseal(reader, span_of(&next), span_of(&sealed), &plain), STATUS_MISMATCH);
	assert_int_equal(plain.len, 0);
	assert_int_equal(unseal(reader, span_of(&context), span_of(&sealed), &plain), OK);
}

static void any_bit_that_changed_is_seen(void **state)
{
	AUTO(EVP_PKEY) reader = key_from(33);
	AUTO_DONE(bytes) context = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	AUTO_DONE(bytes) plain = { 0 };
	(void)state;

	context_of(7, &context);
	hex(SEALED, &sealed);
	for (size_t i = 0; i < sealed.len; i++) {
		sealed.data[i] ^= 0x10;
		assert_int_not_equal(unseal(reader, span_of(&context), span_of(&sealed), &plain),
				     OK);
		sealed.data[i] ^= 0x10;
	}
	for (size_t len = 0; len < sealed.len; len++)
		assert_int_not_equal(unseal(reader, span_of(&context),
					    (struct span){ sealed.data, len }, &plain),
				     OK);
	assert_int_equal(plain.len, 0);
}

/* What an attacker may choose, and what ECDH with it could give away. */
static void what_is_no_point_of_the_curve_reads_nothing(void **state)
{
	AUTO(EVP_PKEY) sender = key_from(1);
	AUTO_DONE(bytes) point = { 0 };
	AUTO_DONE(bytes) sealed = { 0 };
	uint8_t infinity = 0;
	(void)state;

	hex(READER, &point);
	const struct span good = span_of(&point);
	const struct span empty = { 0 };

	assert_int_not_equal(seal(sender, (struct span){ &infinity, 1 }, empty, empty, &sealed),
			     OK);
	assert_int_not_equal(seal(sender, empty, empty, empty, &sealed), OK);
	assert_int_not_equal(
		seal(sender, (struct span){ good.data, good.len - 1 }, empty, empty, &sealed), OK);
	point.data[64] ^= 1; /* off the curve */
	assert_int_not_equal(seal(sender, good, empty, empty, &sealed), OK);
	point.data[64] ^= 1;
	point.data[0] = 0x06; /* SEC 1's hybrid form */
	assert_int_not_equal(seal(sender, good, empty, empty, &sealed), OK);
	point.data[0] = 0x02;
	assert_int_not_equal(seal(sender, (struct span){ good.data, 33 }, empty, empty, &sealed),
			     OK);
	assert_int_equal(sealed.len, 0);
	point.data[0] = 0x04;
	assert_int_equal(seal(sender, good, empty, empty, &sealed), OK);
	assert_int_equal(sealed.len, SEALED_OVERHEAD);
}

static void no_scalar_is_no_key(void **state)
{
	uint8_t scalar[SEALED_SCALAR_SIZE] = { 0 };
	EVP_PKEY *key = NULL;
	(void)state;

	assert_int_equal(sealing_key(scalar, &key), STATUS_MISMATCH);
	memset(scalar, 0xff, sizeof(scalar));
	assert_int_equal(sealing_key(scalar, &key), STATUS_MISMATCH);
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_is_what_others_compute),
		cmocka_unit_test(what_no_tag_vouches_for_is_wiped),
		cmocka_unit_test(nobody_else_opens_it_and_for_nothing_else),
		cmocka_unit_test(any_bit_that_changed_is_seen),
		cmocka_unit_test(what_is_no_point_of_the_curve_reads_nothing),
		cmocka_unit_test(no_scalar_is_no_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
