/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "tpm/device/connection.h"
#include "tpm/device/templates.h"
#include "tpm/ek_certificate.h"

/* Where EKs are made persistent (TCG TPM 2.0 Provisioning Guidance, 7.8). */
#define EK_PERSISTENT_FIRST 0x81010000u
#define EK_PERSISTENT_END 0x81020000u
#define EK_PERSISTENT_MAX 32
/* EK certificates, and from CHAIN_FIRST on those of the EK's issuers (EK Credential
 * Profile 2.5, 2.2.1.4 and 2.2.1.5.2). */
#define INDICES_FIRST 0x01c00000u
#define CHAIN_FIRST 0x01c00100u
#define INDICES_END 0x01c00200u
/* As many as one answer holds; a TPM has room for a few dozen. */
#define INDICES_MAX TPM2_MAX_CAP_HANDLES
#define CHAIN_INDICES_MAX 16

/* The certificate read for its key only; whether it is believed is the
 * verifier's question. */
static enum status certificate_read(struct span nv, struct ek_certificate *out)
{
	const struct ek_trust nobody = { 0 };
	enum status status = ek_certificate_verify(nv, &nobody, out);

	return status == OK && out->key == NULL ? STATUS_MALFORMED : status;
}

enum status chain_split(struct span all, struct tpm_identity *identity)
{
	while (identity->ek_chain_count < TPM_CHAIN_MAX && all.len > 0) {
		const uint8_t *p = all.data;
		AUTO(X509) certificate = d2i_X509(NULL, &p, (long)all.len);

		/* What follows is padding, or nothing that we could send. */
		if (certificate == NULL)
			return OK;

		size_t len = (size_t)(p - all.data);
		struct span der = { .data = all.data, .len = len };

		all = (struct span){ .data = all.data + len, .len = all.len - len };
		/* Several indices hold more than whom we tell takes of one certificate. */
		if (len > TPM_CHAIN_CERTIFICATE_MAX)
			continue;

		enum status status = bytes_copy(der, &identity->ek_chain[identity->ek_chain_count]);

		if (status != OK)
			return status;
		identity->ek_chain_count++;
	}
	return OK;
}

/* NV indices that are defined, in order. */
struct indices {
	TPM2_HANDLE index[INDICES_MAX];
	size_t count;
};

/* One certificate may span two indices: they are read as one text. */
static enum status chain_read(struct connection *c, const struct indices *defined,
			      struct tpm_identity *identity)
{
	AUTO_DONE(bytes) all = { 0 };
	enum status status = OK;
	size_t read = 0;

	for (size_t i = 0; i < defined->count && status == OK; i++) {
		AUTO_DONE(bytes) part = { 0 };

		if (defined->index[i] < CHAIN_FIRST || read == CHAIN_INDICES_MAX)
			continue;
		read++;
		status = nv_read_listed(c, defined->index[i], &part);
		if (status == OK)
			status = bytes_append(&all, span_of(&part));
		/* Candidates only: one that is not for us to read is left out. */
		else if (status == STATUS_NOT_FOUND || status == STATUS_DENIED ||
			 status == STATUS_TOO_LARGE)
			status = OK;
	}
	return status == OK ? chain_split(span_of(&all), identity) : status;
}

static bool is_defined(const struct indices *defined, TPM2_HANDLE index)
{
	for (size_t i = 0; i < defined->count; i++) {
		if (defined->index[i] == index)
			return true;
	}
	return false;
}

static enum status certificate_find(struct connection *c, struct tpm_identity *identity)
{
	struct indices defined = { 0 };
	enum status status = handles_list(c, INDICES_FIRST, INDICES_END, defined.index, INDICES_MAX,
					  &defined.count);

	if (status != OK)
		return status;
	for (size_t i = 0; i < EK_KINDS; i++) {
		if (!is_defined(&defined, ek_kinds[i].certificate))
			continue;
		status = nv_read_listed(c, ek_kinds[i].certificate, &identity->ek_certificate);
		if (status == OK) {
			identity->ek_index = ek_kinds[i].certificate;
			return chain_read(c, &defined, identity);
		}
		if (status != STATUS_NOT_FOUND)
			return status;
	}
	identity->states |= TPM_EK_CERTIFICATE_MISSING;
	return OK;
}

#define AUTH_SET "endorsement-auth-set: [tpm] endorsement_auth_file is to hold the password"
#define AUTH_OTHER                                                                                 \
	"endorsement-auth-set: the hierarchy's password is not the one in [tpm] "                  \
	"endorsement_auth_file"
#define DISABLED "endorsement-disabled: the firmware's setup is to enable the hierarchy"

/* Why an AK could not be derived, where the TPM itself names the cause. */
static enum status endorsement_states(struct connection *c, unsigned *states)
{
	bool has_password = c->device->endorsement_auth.size > 0;
	uint32_t permanent = 0;
	uint32_t startup = 0;
	enum status status = property_read(c, TPM2_PT_PERMANENT, &permanent);

	if (status == OK)
		status = property_read(c, TPM2_PT_STARTUP_CLEAR, &startup);
	if (status != OK)
		return status;
	if ((startup & TPMA_STARTUP_CLEAR_EHENABLE) == 0) {
		*states |= TPM_ENDORSEMENT_DISABLED;
		return connection_refuse(c, OK, DISABLED);
	}
	if ((permanent & TPMA_PERMANENT_ENDORSEMENTAUTHSET) != 0) {
		*states |= TPM_ENDORSEMENT_AUTH_SET;
		return connection_refuse(c, OK, has_password ? AUTH_OTHER : AUTH_SET);
	}
	return OK;
}

static enum status attestation_key_find(struct connection *c, struct tpm_identity *identity)
{
	AUTO_DONE(slot) ak = { 0 };
	enum status status = ak_load(c, &ak);

	identity->states &= ~(unsigned)(TPM_ENDORSEMENT_DISABLED | TPM_ENDORSEMENT_AUTH_SET);
	bytes_done(&identity->ak_public);
	if (status == OK)
		return bytes_copy(span_of(&c->device->ak_public), &identity->ak_public);
	/* Any other failure is no fact about the hierarchy. */
	if (status != STATUS_DENIED)
		return status;

	enum status asked = endorsement_states(c, &identity->states);

	return asked == OK && (identity->states &
			       (TPM_ENDORSEMENT_DISABLED | TPM_ENDORSEMENT_AUTH_SET)) != 0
		       ? OK
		       : status;
}

enum status tpm_device_certificates(struct tpm_device *d, struct tpm_identity *out)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	AUTO_DONE(connection) c = { 0 };
	enum status status = connection_open(d, &c);

	if (status == OK)
		status = certificate_find(&c, &identity);
	if (status == OK) {
		*out = identity;
		identity = (struct tpm_identity){ 0 };
	}
	return status;
}

enum status tpm_device_attestation_key(struct tpm_device *d, struct tpm_identity *identity)
{
	AUTO_DONE(connection) c = { 0 };
	enum status status = connection_open(d, &c);

	return status == OK ? attestation_key_find(&c, identity) : status;
}

enum status tpm_device_identify(struct tpm_device *d, struct tpm_identity *out)
{
	AUTO_DONE(tpm_identity) identity = { 0 };
	enum status status = tpm_device_certificates(d, &identity);

	if (status == OK)
		status = tpm_device_attestation_key(d, &identity);
	if (status == OK) {
		*out = identity;
		identity = (struct tpm_identity){ 0 };
	}
	return status;
}

static bool is_certified(const struct ek_certificate *certificate, const struct bytes *public_area)
{
	struct public_area area;

	return public_area_parse(span_of(public_area), &area) == OK &&
	       ek_certificate_is_for(certificate, &area);
}

static enum status persistent_try(struct connection *c, TPM2_HANDLE handle, struct loaded *out,
				  struct bytes *public_area)
{
	AUTO_DONE(loaded)
	found = { .device = c->device, .handle = ESYS_TR_NONE, .is_persistent = true };
	AUTO(TPM2B_PUBLIC) area = NULL;
	TSS2_RC rc = Esys_TR_FromTPMPublic(c->esys, handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &found.handle);

	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_ReadPublic(c->esys, found.handle, ESYS_TR_NONE, ESYS_TR_NONE,
				     ESYS_TR_NONE, &area, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ReadPublic", rc);

	enum status status = public_marshal(&area->publicArea, public_area);

	if (status == OK) {
		*out = found;
		found = (struct loaded){ 0 };
	}
	return status;
}

/* The persistent key that the certificate is for, whatever its handle. */
static enum status persistent_find(struct connection *c, const struct ek_certificate *certificate,
				   struct loaded *out, struct bytes *public_area)
{
	TPM2_HANDLE handles[EK_PERSISTENT_MAX];
	size_t count = 0;
	enum status status = handles_list(c, EK_PERSISTENT_FIRST, EK_PERSISTENT_END, handles,
					  EK_PERSISTENT_MAX, &count);

	if (status != OK)
		return status;
	for (size_t i = 0; i < count; i++) {
		AUTO_DONE(loaded) found = { 0 };
		AUTO_DONE(bytes) area = { 0 };

		status = persistent_try(c, handles[i], &found, &area);
		/* Evicted since the list was made. */
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != OK)
			return status;
		if (!is_certified(certificate, &area))
			continue;
		*out = found;
		*public_area = area;
		found = (struct loaded){ 0 };
		area = (struct bytes){ 0 };
		return OK;
	}
	return STATUS_NOT_FOUND;
}

/* What the manufacturer left in NV overrides the profile's template. */
static enum status template_find(struct connection *c, const struct ek_kind *kind,
				 TPM2B_PUBLIC *out)
{
	AUTO_DONE(bytes) nv = { 0 };
	AUTO_DONE(bytes) nonce = { 0 };
	enum status status = nv_read(c, kind->template, &nv);
	size_t used = 0;

	if (status == OK) {
		*out = (TPM2B_PUBLIC){ 0 };
		if (Tss2_MU_TPMT_PUBLIC_Unmarshal(nv.data, nv.len, &used, &out->publicArea) !=
		    TSS2_RC_SUCCESS)
			return connection_refuse(c, STATUS_MALFORMED, "EK template in NV");
		return OK;
	}
	if (status == STATUS_NOT_FOUND)
		status = kind->nonce != 0 ? nv_read(c, kind->nonce, &nonce) : STATUS_NOT_FOUND;
	if (status != OK && status != STATUS_NOT_FOUND)
		return status;
	return ek_template(kind, span_of(&nonce), out);
}

/* By ESYS, which is to salt a session with it. */
static enum status ek_create(struct connection *c, const TPM2B_PUBLIC *template, struct loaded *out,
			     struct bytes *public_area)
{
	AUTO(TPM2B_PUBLIC) made = NULL;
	const TPM2B_SENSITIVE_CREATE sensitive = { 0 };
	const TPM2B_DATA outside = { 0 };
	const TPML_PCR_SELECTION creation = { 0 };
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc = Esys_CreatePrimary(c->esys, ESYS_TR_RH_ENDORSEMENT, ESYS_TR_PASSWORD,
					ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, template, &outside,
					&creation, &handle, &made, NULL, NULL, NULL);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_CreatePrimary", rc);
	*out = (struct loaded){ .device = c->device, .handle = handle };
	return public_marshal(&made->publicArea, public_area);
}

static enum status derived_find(struct connection *c, const struct ek_kind *kind,
				const struct ek_certificate *certificate, struct loaded *out,
				struct bytes *public_area)
{
	AUTO_DONE(loaded) made = { 0 };
	AUTO_DONE(bytes) area = { 0 };
	TPM2B_PUBLIC template;
	enum status status = template_find(c, kind, &template);

	if (status == OK)
		status = ek_create(c, &template, &made, &area);
	if (status != OK)
		return status;
	if (!is_certified(certificate, &area))
		return connection_refuse(c, STATUS_MISMATCH,
					 "the EK certificate is for another key");
	*out = made;
	*public_area = area;
	made = (struct loaded){ 0 };
	area = (struct bytes){ 0 };
	return OK;
}

static enum status ek_load(struct connection *c, const struct tpm_identity *identity,
			   struct loaded *out, struct bytes *public_area)
{
	AUTO_DONE(ek_certificate) certificate = { 0 };
	const struct ek_kind *kind = ek_kind_of(identity->ek_index);

	if (kind == NULL)
		return connection_refuse(c, STATUS_NOT_FOUND, "there is no EK certificate");

	enum status status = certificate_read(span_of(&identity->ek_certificate), &certificate);

	if (status != OK)
		return connection_refuse(c, status, "the EK certificate cannot be read");
	status = persistent_find(c, &certificate, out, public_area);
	/* Derived only where none was left: RSA takes seconds. */
	return status == STATUS_NOT_FOUND ? derived_find(c, kind, &certificate, out, public_area)
					  : status;
}

enum status tpm_device_ek_public(struct tpm_device *d, const struct tpm_identity *identity,
				 struct bytes *out)
{
	AUTO_DONE(connection) c = { 0 };
	AUTO_DONE(loaded) ek = { 0 };
	enum status status = connection_open(d, &c);

	return status == OK ? ek_load(&c, identity, &ek, out) : status;
}

/* A policy session that may use this EK, salted with it: what an interposer on
 * the bus sees of the credential is ciphertext. */
static enum status ek_session(struct connection *c, const struct loaded *ek,
			      const struct public_area *area, struct loaded *out)
{
	const TPMT_SYM_DEF cipher = { .algorithm = TPM2_ALG_AES,
				      .keyBits.aes = 128,
				      .mode.aes = TPM2_ALG_CFB };
	const TPMA_SESSION encrypted = TPMA_SESSION_ENCRYPT | TPMA_SESSION_DECRYPT;
	ESYS_TR session = ESYS_TR_NONE;
	TSS2_RC rc = Esys_StartAuthSession(c->esys, ek->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY,
					   &cipher, (TPMI_ALG_HASH)area->name_alg, &session);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_StartAuthSession", rc);
	*out = (struct loaded){ .device = c->device, .handle = session };
	rc = Esys_TRSess_SetAttributes(c->esys, session, encrypted | TPMA_SESSION_CONTINUESESSION,
				       0xff);
	if (rc == TSS2_RC_SUCCESS)
		rc = Esys_PolicySecret(c->esys, ESYS_TR_RH_ENDORSEMENT, session, ESYS_TR_PASSWORD,
				       ESYS_TR_NONE, ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL, NULL);
	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_PolicySecret", rc);

	const TPML_DIGEST *branches = ek_policy_branches(area->auth_policy);

	if (branches != NULL)
		rc = Esys_PolicyOR(c->esys, session, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
				   branches);
	return connection_status(c, "TPM2_PolicyOR", rc);
}

/* To ESYS: closed with *out, not flushed. */
static enum status ak_introduce(struct connection *c, const struct slot *ak, struct loaded *out)
{
	ESYS_TR handle = ESYS_TR_NONE;
	TSS2_RC rc = Esys_TR_FromTPMPublic(c->esys, ak->handle, ESYS_TR_NONE, ESYS_TR_NONE,
					   ESYS_TR_NONE, &handle);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ReadPublic", rc);
	*out = (struct loaded){ .device = c->device, .handle = handle, .is_persistent = true };
	return OK;
}

static enum status activate(struct connection *c, const struct loaded *ek,
			    const struct public_area *area, const TPM2B_ID_OBJECT *id_object,
			    const TPM2B_ENCRYPTED_SECRET *encrypted_secret, struct bytes *secret)
{
	AUTO_DONE(slot) ak = { 0 };
	AUTO_DONE(loaded) known = { 0 };
	AUTO_DONE(loaded) session = { 0 };
	AUTO(TPM2B_DIGEST) opened = NULL;
	enum status status = ak_load(c, &ak);

	if (status == OK)
		status = ak_introduce(c, &ak, &known);
	if (status == OK)
		status = ek_session(c, ek, area, &session);
	if (status != OK)
		return status;

	TSS2_RC rc = Esys_ActivateCredential(c->esys, known.handle, ek->handle, ESYS_TR_PASSWORD,
					     session.handle, ESYS_TR_NONE, id_object,
					     encrypted_secret, &opened);

	if (rc != TSS2_RC_SUCCESS)
		return connection_status(c, "TPM2_ActivateCredential", rc);
	status = bytes_copy((struct span){ .data = opened->buffer, .len = opened->size }, secret);
	explicit_bzero(opened, sizeof(*opened));
	return status;
}

enum status tpm_device_activate(struct tpm_device *d, const struct tpm_identity *identity,
				struct span id_object, struct span encrypted_secret,
				struct bytes *secret)
{
	AUTO_DONE(connection) c = { 0 };
	AUTO_DONE(loaded) ek = { 0 };
	AUTO_DONE(bytes) ek_public = { 0 };
	TPM2B_ID_OBJECT blob = { .size = (uint16_t)id_object.len };
	TPM2B_ENCRYPTED_SECRET seed = { .size = (uint16_t)encrypted_secret.len };
	struct public_area area;

	/* From the network: bounded before the TSS sees it. */
	if (id_object.len == 0 || id_object.len > sizeof(blob.credential) ||
	    encrypted_secret.len == 0 || encrypted_secret.len > sizeof(seed.secret))
		return STATUS_MALFORMED;
	memcpy(blob.credential, id_object.data, id_object.len);
	memcpy(seed.secret, encrypted_secret.data, encrypted_secret.len);
	/* A TPM has three places for sessions, and others may have theirs. */
	session_release(d);

	enum status status = connection_open(d, &c);

	if (status == OK)
		status = ek_load(&c, identity, &ek, &ek_public);
	if (status == OK)
		status = public_area_parse(span_of(&ek_public), &area);
	return status == OK ? activate(&c, &ek, &area, &blob, &seed, secret) : status;
}
