/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tpm/attest.h"
#include "tpm/device/connection.h"

/* PCR 10 may move between quote and read; a boot's burst soon ends. */
#define QUOTE_TRIES 8

static const TPMS_AUTH_COMMAND no_password = { .sessionHandle = TPM2_RH_PW };
/* The key's own scheme. */
static const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };

static enum status qualifying_of(struct span s, TPM2B_DATA *out)
{
	if (s.len > sizeof(out->buffer))
		return STATUS_TOO_LARGE;
	*out = (TPM2B_DATA){ .size = (uint16_t)s.len };
	if (s.len > 0)
		memcpy(out->buffer, s.data, s.len);
	return OK;
}

static enum status statement_take(const TPM2B_ATTEST *attest, const TPMT_SIGNATURE *signature,
				  struct tpm_statement *out)
{
	AUTO_DONE(tpm_statement) taken = { 0 };
	enum status status = signature_marshal(signature, &taken.signature);

	if (status == OK)
		status = bytes_copy(
			(struct span){ .data = attest->attestationData, .len = attest->size },
			&taken.attest);
	if (status == OK) {
		*out = taken;
		taken = (struct tpm_statement){ 0 };
	}
	return status;
}

static enum status quote_once(struct connection *c, TPM2_HANDLE ak,
			      const TPML_PCR_SELECTION *selection, const TPM2B_DATA *extra,
			      struct tpm_statement *out)
{
	const TSS2L_SYS_AUTH_COMMAND auth = { .count = 1, .auths = { no_password } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPM2B_ATTEST attest = { 0 };
	TPMT_SIGNATURE signature = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_Quote(c->sys, ak, &auth, extra, &own_scheme, selection, &attest,
				    &signature, &answered);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_Quote", rc);
	return statement_take(&attest, &signature, out);
}

/* Are these the values that were quoted? */
static enum status quote_covers(const struct tpm_statement *statement,
				const struct pcr_values *values, bool *is_same)
{
	struct attest quote;
	struct digest composite;
	enum status status = attest_parse(span_of(&statement->attest), ATTEST_QUOTE, &quote);

	if (status == OK)
		status = pcr_composite(&quote.selection, values, DIGEST_SHA256, &composite);
	if (status == OK)
		*is_same = span_equal(quote.pcr_digest, digest_span(&composite));
	return status;
}

enum status tpm_device_quote(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
			     struct span extra_data, struct tpm_statement *statement,
			     struct pcr_values *values)
{
	AUTO_DONE(connection) c = { 0 };
	AUTO_DONE(slot) ak = { 0 };
	TPML_PCR_SELECTION selection = selection_of(bank, select);
	TPM2B_DATA extra;
	enum status status = qualifying_of(extra_data, &extra);

	if (status == OK)
		status = connection_open(d, &c);
	if (status == OK)
		status = ak_load(&c, &ak);
	for (int tries = 0; tries < QUOTE_TRIES && status == OK; tries++) {
		AUTO_DONE(tpm_statement) made = { 0 };
		struct pcr_values read;
		bool is_same = false;

		status = quote_once(&c, ak.handle, &selection, &extra, &made);
		if (status == OK)
			status = pcrs_read(&c, bank, select, &read);
		if (status == OK)
			status = quote_covers(&made, &read, &is_same);
		if (status == OK && is_same) {
			*statement = made;
			*values = read;
			made = (struct tpm_statement){ 0 };
			return OK;
		}
	}
	return status == OK ? connection_refuse(&c, STATUS_UNAVAILABLE, "PCRs do not hold still")
			    : status;
}

/* The minting key has neither userWithAuth nor adminWithPolicy: its ADMIN role is
 * the empty password. */
static enum status certify_once(struct connection *c, TPM2_HANDLE key, TPM2_HANDLE ak,
				const TPM2B_DATA *extra, struct tpm_statement *out)
{
	const TSS2L_SYS_AUTH_COMMAND auths = { .count = 2, .auths = { no_password, no_password } };
	TSS2L_SYS_AUTH_RESPONSE answered = { 0 };
	TPM2B_ATTEST attest = { 0 };
	TPMT_SIGNATURE signature = { 0 };
	unsigned tries = 0;
	TSS2_RC rc;

	do {
		rc = Tss2_Sys_Certify(c->sys, key, ak, &auths, extra, &own_scheme, &attest,
				      &signature, &answered);
	} while (is_busy(rc, &tries));
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_Certify", rc);
	return statement_take(&attest, &signature, out);
}

enum status tpm_device_certify(struct tpm_device *d, struct span qualifying,
			       struct tpm_statement *statement)
{
	AUTO_DONE(connection) c = { 0 };
	AUTO_DONE(slot) ak = { 0 };
	AUTO_DONE(slot) key = { 0 };
	TPM2B_DATA extra;
	enum status status = qualifying_of(qualifying, &extra);

	if (status == OK)
		status = connection_open(d, &c);
	if (status == OK)
		status = ak_load(&c, &ak);
	if (status == OK)
		status = minting_key_load(&c, &key);
	return status == OK ? certify_once(&c, key.handle, ak.handle, &extra, statement) : status;
}

enum status tpm_device_read_pcrs(struct tpm_device *d, enum digest_alg bank, pcr_mask select,
				 struct pcr_values *values)
{
	AUTO_DONE(connection) c = { 0 };
	enum status status = connection_open(d, &c);

	return status == OK ? pcrs_read(&c, bank, select, values) : status;
}

enum status tpm_device_read_clock(struct tpm_device *d, struct tpm_clock *out)
{
	AUTO_DONE(connection) c = { 0 };
	enum status status = connection_open(d, &c);

	return status == OK ? clock_read(&c, out) : status;
}
