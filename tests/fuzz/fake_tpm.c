/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TPM that always answers, with the same bytes, in place of tpm/device: a
 * target reaches what stands behind the TPM's commands, and no library is
 * loaded for every input. It counts what must never happen by accident.
 */
#include "fake_tpm.h"

#include "fuzz.h"

struct fake_tpm fake_tpm;

/* The key of svid_profile's issuer, under an empty policy. */
static const uint8_t minting_public[] = {
	0x00, 0x23, 0x00, 0x0b, 0x00, 0x04, 0x04, 0x32, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x10, 0x00,
	0x18, 0x00, 0x0b, 0x00, 0x03, 0x00, 0x10, 0x00, 0x20, 0xa4, 0xa1, 0xed, 0x2a, 0x93, 0xc5,
	0x75, 0xc7, 0xee, 0x6d, 0xd7, 0xb0, 0x78, 0xca, 0x65, 0x33, 0xe0, 0xdf, 0x0e, 0x38, 0x0e,
	0x0e, 0x03, 0xcd, 0x81, 0x0d, 0xac, 0x88, 0x31, 0xb7, 0xa9, 0x4b, 0x00, 0x20, 0xa3, 0x7a,
	0x88, 0x35, 0xc3, 0xce, 0x90, 0x60, 0xf3, 0x79, 0xc6, 0x7a, 0xd3, 0x0b, 0xa9, 0x2c, 0x6c,
	0x4f, 0xd9, 0x6f, 0xcf, 0x5c, 0x6c, 0xae, 0x7b, 0x9e, 0x98, 0x53, 0x14, 0xbe, 0x53, 0x16,
};

static const uint8_t quote[] = {
	0xff, 0x54, 0x43, 0x47, 0x80, 0x18, 0x00, 0x22, 0x00, 0x0b, 0xec, 0xf6, 0x17, 0x5a, 0x60,
	0xf9, 0x53, 0xf3, 0xa9, 0x49, 0x09, 0xf3, 0xec, 0x6c, 0x66, 0x13, 0x27, 0x2c, 0xd0, 0xba,
	0x88, 0x6e, 0x27, 0xf2, 0x8c, 0x47, 0x20, 0x0d, 0x16, 0x68, 0x9d, 0x98, 0x00, 0x20, 0x00,
	0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff,
	0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd,
	0xef, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9b, 0x3d, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x20, 0x19, 0x10, 0x23, 0x00, 0x16, 0x36, 0x36, 0x00, 0x00, 0x00, 0x01,
	0x00, 0x0b, 0x03, 0xff, 0x07, 0x00, 0x00, 0x20, 0x4f, 0x69, 0x83, 0x9a, 0x34, 0x0f, 0x67,
	0x82, 0x67, 0x2d, 0xc3, 0x31, 0xa5, 0x60, 0x98, 0x98, 0xd6, 0x02, 0x18, 0x3c, 0x96, 0x0b,
	0x1f, 0x9c, 0xe1, 0x22, 0x6f, 0x82, 0xa6, 0xb8, 0x58, 0x35,
};

static const uint8_t signature[] = {
	0x00, 0x18, 0x00, 0x0b, 0x00, 0x20, 0x18, 0x8d, 0x73, 0xcb, 0x07, 0x6a, 0x3f, 0x55, 0x64,
	0x13, 0x42, 0x90, 0x3f, 0x64, 0x35, 0x38, 0x21, 0x2c, 0x59, 0xdd, 0x6c, 0xc0, 0x4f, 0xf8,
	0x89, 0x31, 0x18, 0x27, 0xbd, 0x69, 0x43, 0x3a, 0x00, 0x20, 0x88, 0x44, 0x06, 0x9d, 0xfe,
	0x65, 0x36, 0x04, 0xa1, 0x1c, 0x59, 0xfe, 0xc1, 0x1b, 0xb7, 0x13, 0xe6, 0xfc, 0xc7, 0x53,
	0x5a, 0xa8, 0x44, 0x90, 0xc0, 0x33, 0x22, 0xfd, 0xe3, 0x32, 0x26, 0x50,
};

#define SPAN(array) ((struct span){ array, sizeof(array) })

static enum status give_statement(struct tpm_statement *out)
{
	must(bytes_copy(SPAN(quote), &out->attest) == OK);
	must(bytes_copy(SPAN(signature), &out->signature) == OK);
	return OK;
}

const char *tpm_state_name(enum tpm_state state)
{
	(void)state;
	return "endorsement-auth-set";
}

const char *tpm_device_reason(const struct tpm_device *d)
{
	(void)d;
	return "";
}

void tpm_device_begin(struct tpm_device *d)
{
	(void)d;
}

void tpm_device_end(struct tpm_device *d)
{
	(void)d;
}

void tpm_device_forget_reason(struct tpm_device *d)
{
	(void)d;
}

bool tpm_device_is_away(const struct tpm_device *d)
{
	(void)d;
	return false;
}

enum status tpm_device_new(const char *tcti, struct span endorsement_auth, struct tpm_device **out)
{
	(void)tcti;
	(void)endorsement_auth;
	(void)out;
	return STATUS_UNAVAILABLE;
}

void tpm_device_free(struct tpm_device *d)
{
	(void)d;
}

void tpm_identity_done(struct tpm_identity *identity)
{
	bytes_done(&identity->ek_certificate);
	bytes_done(&identity->ak_public);
	for (size_t i = 0; i < identity->ek_chain_count; i++)
		bytes_done(&identity->ek_chain[i]);
	*identity = (struct tpm_identity){ 0 };
}

void tpm_statement_done(struct tpm_statement *statement)
{
	bytes_done(&statement->attest);
	bytes_done(&statement->signature);
}

enum status tpm_device_certificates(struct tpm_device *d, struct tpm_identity *out)
{
	(void)d;
	*out = (struct tpm_identity){ .states = TPM_EK_CERTIFICATE_MISSING };
	return OK;
}

enum status tpm_device_attestation_key(struct tpm_device *d, struct tpm_identity *identity)
{
	(void)d;
	bytes_done(&identity->ak_public);
	return bytes_copy(SPAN(minting_public), &identity->ak_public);
}

enum status tpm_device_ek_public(struct tpm_device *d, const struct tpm_identity *identity,
				 struct bytes *out)
{
	(void)d;
	(void)identity;
	return bytes_copy(SPAN(minting_public), out);
}

enum status tpm_device_activate(struct tpm_device *d, const struct tpm_identity *identity,
				struct span id_object, struct span encrypted_secret,
				struct bytes *secret)
{
	(void)d;
	(void)identity;
	fake_tpm.longest =
		id_object.len > encrypted_secret.len ? id_object.len : encrypted_secret.len;
	return bytes_copy((struct span){ quote, 32 }, secret);
}

enum status tpm_device_read_pcrs(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
				 struct pcr_values *values)
{
	struct digest value = digest_filled(bank, 0);

	(void)d;
	pcr_values_init(values);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((select >> pcr & 1) != 0)
			must(pcr_value_set(values, pcr, &value) == OK);
	return OK;
}

enum status tpm_device_quote(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
			     struct span extra_data, struct tpm_statement *statement,
			     struct pcr_values *values)
{
	(void)extra_data;
	fake_tpm.selected |= select;
	must(tpm_device_read_pcrs(d, bank, select, values) == OK);
	return give_statement(statement);
}

enum status tpm_device_read_clock(struct tpm_device *d, struct tpm_clock *out)
{
	(void)d;
	*out = (struct tpm_clock){ .clock_ms = 1, .reset_count = 2, .restart_count = 3 };
	return OK;
}

enum status tpm_device_minting_key(struct tpm_device *d, enum digest_alg bank, pcr_mask pcrs,
				   bool *is_new)
{
	(void)d;
	(void)bank;
	fake_tpm.bound |= pcrs;
	*is_new = false;
	return OK;
}

enum status tpm_device_minting_key_spent(struct tpm_device *d, bool *is_spent)
{
	(void)d;
	*is_spent = true;
	return OK;
}

void tpm_device_drop_minting_key(struct tpm_device *d)
{
	(void)d;
}

struct span tpm_device_minting_public(const struct tpm_device *d)
{
	(void)d;
	return SPAN(minting_public);
}

enum status tpm_device_certify(struct tpm_device *d, struct span qualifying,
			       struct tpm_statement *statement)
{
	(void)d;
	(void)qualifying;
	return give_statement(statement);
}

enum status tpm_device_mint_ahead(struct tpm_device *d, int64_t now_ms, bool *is_done)
{
	(void)d;
	(void)now_ms;
	*is_done = true;
	return OK;
}

enum status tpm_device_mint_sign(struct tpm_device *d, const struct digest *digest, int64_t now_ms,
				 struct bytes *out)
{
	(void)d;
	(void)digest;
	(void)now_ms;
	fake_tpm.signed_count++;
	return bytes_copy(SPAN(signature), out);
}

enum status tpm_device_cap(struct tpm_device *d, unsigned pcr)
{
	(void)d;
	must(pcr > 10 && pcr < 16);
	fake_tpm.caps++;
	return OK;
}
