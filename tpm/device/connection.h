/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TPM_DEVICE_CONNECTION_H
#define TPM_DEVICE_CONNECTION_H

#include <tss2/tss2_esys.h>
#include <tss2/tss2_sys.h>

#include "tpm/device/device.h"

/*
 * Private to tpm/device. A command goes by SYS unless it wants the TSS's own
 * cryptography (ek.c): ESYS makes a library context of OpenSSL, about a millisecond,
 * for each name and each session.
 */

#define REASON_MAX 320

struct minting_key {
	TPMS_CONTEXT *context; /* NULL: none */
	struct bytes public_area;
	struct digest policy;
	enum digest_alg bank;
	pcr_mask pcrs;
	uint32_t reset_count, restart_count;
};

/* Of one signature by the minting key, after which it has to be met anew. */
struct policy_session {
	TPM2_HANDLE handle; /* 0: none */
	size_t met; /* terms of the key's policy */
	int64_t begun_ms; /* to meet it */
};

struct tpm_device {
	char *tcti_name;
	TPM2B_AUTH endorsement_auth;
	bool is_held;
	bool is_in_verb; /* the connection stays for the next call */
	bool is_broken; /* the transport failed, or the TPM talks nonsense: reconnect */
	/* What an answer that was lost, or a run before ours, may have left loaded. */
	bool has_leftovers;
	bool is_away; /* the last verb found no TPM */
	TSS2_TCTI_CONTEXT *tcti, *guard;
	ESYS_CONTEXT *esys;
	TSS2_SYS_CONTEXT *sys; /* below it */
	TPMS_CONTEXT *ak;
	struct bytes ak_public;
	/* Loaded until the verb ends; 0: not. */
	TPM2_HANDLE ak_kept, minting_kept;
	struct minting_key minting;
	struct policy_session session; /* for as long as the key is kept */
	char reason[REASON_MAX];
};

/* The TPM during one verb. */
struct connection {
	struct tpm_device *device;
	ESYS_CONTEXT *esys;
	TSS2_SYS_CONTEXT *sys;
};

/* A TCTI over another one, which stays the caller's: an answer that is no whole
 * answer to its command never reaches the TSS. NULL: no memory; free() ends it. */
TSS2_TCTI_CONTEXT *guard_new(TSS2_TCTI_CONTEXT *inner);

enum status connection_open(struct tpm_device *d, struct connection *out);
void connection_done(struct connection *c);
/* What a response code means to callers; keeps the reason, and what to do. */
enum status connection_status(struct connection *c, const char *command, TSS2_RC rc);
/* The same for a reason of our own. */
enum status connection_refuse(struct connection *c, enum status status, const char *reason);

/* SYS asks once, where ESYS asks again; counts tries. */
bool is_busy(TSS2_RC rc, unsigned *tries);
TSS2_RC handle_flush(TSS2_SYS_CONTEXT *sys, TPM2_HANDLE handle);

/* A key or session of ours by the TPM's handle, flushed at the end of its scope;
 * without a device it is only borrowed. */
struct slot {
	struct tpm_device *device;
	TPM2_HANDLE handle; /* 0: none */
};

void slot_done(struct slot *s);

/* An object or session as ESYS knows it; released at the end of its scope. */
struct loaded {
	struct tpm_device *device;
	ESYS_TR handle;
	bool is_persistent;
};

void loaded_done(struct loaded *l);

enum status public_marshal(const TPMT_PUBLIC *area, struct bytes *out);
enum status signature_marshal(const TPMT_SIGNATURE *signature, struct bytes *out);

/* One property of TPM2_CAP_TPM_PROPERTIES; 0 where the TPM lacks it. */
enum status property_read(struct connection *c, TPM2_PT property, uint32_t *out);
/* Handles from first on, while they are below end; at most max. */
enum status handles_list(struct connection *c, TPM2_HANDLE first, TPM2_HANDLE end,
			 TPM2_HANDLE *handles, size_t max, size_t *count);
/* NV contents as its owner put them; STATUS_NOT_FOUND where there is none. */
enum status nv_read(struct connection *c, TPM2_HANDLE index, struct bytes *out);
/* The same for an index that handles_list() named. */
enum status nv_read_listed(struct connection *c, TPM2_HANDLE index, struct bytes *out);
/* Certificates one behind the other, up to padding; those that are too long are left out. */
enum status chain_split(struct span all, struct tpm_identity *identity);

TPML_PCR_SELECTION selection_of(enum digest_alg bank, pcr_mask pcrs);
enum status pcrs_read(struct connection *c, enum digest_alg bank, pcr_mask select,
		      struct pcr_values *values);
enum status clock_read(struct connection *c, struct tpm_clock *out);

/* A primary that is flushed with *out. */
enum status primary_create(struct connection *c, TPM2_HANDLE hierarchy,
			   const TPM2B_PUBLIC *template, struct slot *out,
			   struct bytes *public_area);
/* The caller's to free. */
enum status context_save(struct connection *c, TPM2_HANDLE handle, TPMS_CONTEXT **out);
/* In a verb the key stays for the next call, and out only borrows it. */
void key_keep(struct connection *c, TPM2_HANDLE *kept, struct slot *out);
/* Flushes one that stayed. */
void key_release(struct tpm_device *d, TPM2_HANDLE *kept);
/* Flushes the policy session that is there, if one is. */
void session_release(struct tpm_device *d);
/* The AK, from its saved context or derived anew. */
enum status ak_load(struct connection *c, struct slot *out);
enum status minting_key_load(struct connection *c, struct slot *out);
/* Did loading a saved context fail for good? */
bool is_context_dead(enum status status);

AUTO_RELEASE(connection, connection_done);
AUTO_RELEASE(loaded, loaded_done);
AUTO_RELEASE(slot, slot_done);
AUTO_FREE(TPM2B_DIGEST, TPM2B_DIGEST, Esys_Free);
AUTO_FREE(TPM2B_PUBLIC, TPM2B_PUBLIC, Esys_Free);
AUTO_FREE(TPML_DIGEST, TPML_DIGEST, Esys_Free);
AUTO_FREE(TPML_PCR_SELECTION, TPML_PCR_SELECTION, Esys_Free);
AUTO_FREE(TPMS_CAPABILITY_DATA, TPMS_CAPABILITY_DATA, Esys_Free);
AUTO_FREE(TPMS_TIME_INFO, TPMS_TIME_INFO, Esys_Free);

#endif
