/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/signer/keys.h"

#include <stdio.h>
#include <string.h>

#include "daemon/file.h"
#include "verifier/signer/authority_chain.h"
#include "verifier/signer/key_files.h"

void signer_keys_done(struct signer_keys *keys)
{
	mac_key_done(&keys->mac);
	EVP_PKEY_free(keys->result);
	signing_key_done(&keys->result_signer);
	EVP_PKEY_free(keys->log);
	EVP_PKEY_CTX_free(keys->p256_verifier);
	EVP_PKEY_free(keys->p256);
	for (size_t i = 0; i < keys->authority_count; i++)
		authority_done(&keys->authorities[i]);
	for (size_t i = 0; i < keys->act_key_count; i++)
		EVP_PKEY_free(keys->act_keys[i].key);
	*keys = (struct signer_keys){ 0 };
}

const struct authority *signer_keys_authority(const struct signer_keys *keys,
					      struct span trust_domain)
{
	for (size_t i = 0; i < keys->authority_count; i++)
		if (span_equal(trust_domain, span_text(keys->authorities[i].trust_domain)))
			return &keys->authorities[i];
	return NULL;
}

int64_t signer_keys_until(const struct signer_keys *keys)
{
	int64_t until = 0;

	for (size_t i = 0; i < keys->authority_count; i++)
		if (i == 0 || keys->authorities[i].until < until)
			until = keys->authorities[i].until;
	return until;
}

static enum status load_mac(const char *path, struct mac_key *out)
{
	struct bytes raw = { 0 };
	enum status status = file_read_guarded(path, KEY_FILE_MAX, true, &raw);

	if (status == OK && raw.len != MAC_KEY_SIZE)
		status = STATUS_MALFORMED;
	/* A key of zeros is a file that was reserved and never filled. */
	if (status == OK && span_is_zero(span_of(&raw)))
		status = STATUS_MALFORMED;
	if (status == OK)
		status = mac_key_init(raw.data, out);
	bytes_wipe(&raw);
	return status;
}

static const char *text_of_denial(enum status status)
{
	/* clang-format off */
	switch ((unsigned)status) {
	case STATUS_NOT_FOUND: return "it is not there";
	case STATUS_DENIED: return "it has to be a regular file that nobody but its owner may read or "
				   "write: chmod 600";
	case STATUS_TOO_LARGE: return "it is too large to be one";
	default: return NULL;
	}
	/* clang-format on */
}

static enum status blame(struct key_fault *fault, const char *path, enum status status,
			 const char *otherwise)
{
	const char *denial = text_of_denial(status);

	*fault = (struct key_fault){ .path = path, .what = denial != NULL ? denial : otherwise };
	return status;
}

static enum status load_authority(const struct signer_authority_settings *settings, int64_t now,
				  struct authority *out, struct key_fault *fault)
{
	AUTO_DONE(bytes) pem = { 0 };
	AUTO_DONE(authority) a = { 0 };
	EVP_PKEY *key = NULL;
	enum status status = file_read_guarded(settings->certificate, KEY_FILE_MAX, false, &pem);

	if (status != OK)
		return blame(fault, settings->certificate, status, "it can't be read");
	status = key_load_private(settings->key, &key);
	if (status != OK)
		return blame(fault, settings->key, status,
			     "it holds no private key, in PEM and without a passphrase");
	status = authority_init(settings->trust_domain, key, span_of(&pem), &a);
	if (status != OK)
		return blame(
			fault, settings->certificate, STATUS_MALFORMED,
			"it wants certificates in PEM: the issuing CA first, a self-signed root "
			"last, at most four below it");

	const char *what = authority_chain_fault(&a, now);

	if (what != NULL)
		return blame(fault, settings->certificate, STATUS_MISMATCH, what);
	status = jwt_signer_load(settings->jwt_keys, &a.jwt, &what);
	if (status != OK)
		return blame(
			fault, what, status,
			"it holds no key on P-256 of its own, in PEM and without a passphrase; "
			"the first one has to be private");
	*out = a;
	a = (struct authority){ 0 };
	return OK;
}

static enum status load_act_key(const struct signer_act_key_settings *settings, struct act_key *out)
{
	EVP_PKEY *found = NULL;
	enum status status = key_load_public(settings->key, &found);
	AUTO(EVP_PKEY) key = found;

	if (status != OK)
		return status;
	if (!key_is_p256(key) && EVP_PKEY_is_a(key, "ED25519") != 1)
		return STATUS_UNSUPPORTED;
	if ((size_t)snprintf(out->name, sizeof(out->name), "%s", settings->name) >=
	    sizeof(out->name))
		return STATUS_TOO_LARGE;
	out->role = settings->role;
	out->key = key;
	key = NULL;
	return OK;
}

static enum status load_own(const struct signer_settings *settings, struct signer_keys *keys,
			    struct key_fault *fault)
{
	enum status status = load_mac(settings->mac_key, &keys->mac);

	if (status != OK)
		return blame(fault, settings->mac_key, status,
			     "it wants exactly 32 random bytes: head -c 32 /dev/urandom");
	status = key_load_private(settings->result_key, &keys->result);
	if (status == OK && !key_is_p256(keys->result))
		status = STATUS_UNSUPPORTED;
	return status == OK ? OK
			    : blame(fault, settings->result_key, status,
				    "it holds no private key on P-256, in PEM and without a "
				    "passphrase");
}

/* Verifiers of an earlier version have none. */
static enum status load_log(const struct signer_settings *settings, struct signer_keys *keys,
			    struct key_fault *fault)
{
	enum status status =
		settings->log_key == NULL ? OK : key_load_private(settings->log_key, &keys->log);

	if (status == OK && keys->log != NULL && !EVP_PKEY_is_a(keys->log, "ED25519"))
		status = STATUS_UNSUPPORTED;
	return status == OK ? OK
			    : blame(fault, settings->log_key, status,
				    "it holds no private Ed25519 key, in PEM and without a "
				    "passphrase");
}

static enum status load_act_keys(const struct signer_settings *settings, struct signer_keys *keys,
				 struct key_fault *fault)
{
	for (size_t i = 0; i < settings->act_key_count; i++) {
		enum status status = load_act_key(&settings->act_keys[i], &keys->act_keys[i]);

		if (status != OK)
			return blame(fault, settings->act_keys[i].key, status,
				     "it holds no public key, P-256 or Ed25519, in PEM");
		keys->act_key_count++;
	}
	return OK;
}

static bool is_twice(const struct signer_keys *keys, size_t index, EVP_PKEY *key)
{
	for (size_t i = 0; i < index; i++)
		if (EVP_PKEY_eq(keys->act_keys[i].key, key) == 1)
			return true;
	for (size_t i = 0; i < keys->authority_count; i++)
		if (EVP_PKEY_eq(keys->authorities[i].key, key) == 1 ||
		    jwt_signer_has(&keys->authorities[i].jwt, key))
			return true;
	return EVP_PKEY_eq(keys->result, key) == 1 ||
	       (keys->log != NULL && EVP_PKEY_eq(keys->log, key) == 1);
}

/* What one key signs could pass as what the other one signs, and of two people
 * with one key nobody knows which it was. */
static bool is_jwt_key_shared(const struct signer_keys *keys, size_t index)
{
	const struct jwt_signer *own = &keys->authorities[index].jwt;

	for (size_t i = 0; i < keys->authority_count; i++) {
		const struct authority *a = &keys->authorities[i];

		if (jwt_signer_has(own, a->key))
			return true;
		for (size_t j = 0; j < a->jwt.count && i < index; j++)
			if (jwt_signer_has(own, a->jwt.keys[j]))
				return true;
	}
	return jwt_signer_has(own, keys->result) ||
	       (keys->log != NULL && jwt_signer_has(own, keys->log));
}

static const char *find_shared(const struct signer_settings *settings,
			       const struct signer_keys *keys)
{
	for (size_t i = 0; i < keys->authority_count; i++) {
		if (EVP_PKEY_eq(keys->authorities[i].key, keys->result) == 1)
			return settings->authorities[i].key;
		if (is_jwt_key_shared(keys, i))
			return settings->authorities[i].jwt_keys;
		for (size_t j = 0; j < i; j++)
			if (EVP_PKEY_eq(keys->authorities[i].key, keys->authorities[j].key) == 1)
				return settings->authorities[i].key;
	}
	for (size_t i = 0; i < keys->act_key_count; i++)
		if (is_twice(keys, i, keys->act_keys[i].key))
			return settings->act_keys[i].key;
	return NULL;
}

static enum status load_all(const struct signer_settings *settings, int64_t now,
			    struct signer_keys *keys, struct key_fault *fault)
{
	enum status status = load_own(settings, keys, fault);

	if (status == OK)
		status = load_log(settings, keys, fault);

	for (size_t i = 0; i < settings->authority_count && status == OK; i++) {
		status = load_authority(&settings->authorities[i], now, &keys->authorities[i],
					fault);
		keys->authority_count += status == OK;
	}
	return status == OK ? load_act_keys(settings, keys, fault) : status;
}

/* Nobody's: its private half is forgotten at once. */
static enum status make_p256(EVP_PKEY **out)
{
	AUTO(EVP_PKEY) pair = EVP_EC_gen("P-256");
	uint8_t *der = NULL;
	int len = pair == NULL ? 0 : i2d_PUBKEY(pair, &der);
	const uint8_t *at = der;

	*out = len > 0 ? d2i_PUBKEY(NULL, &at, len) : NULL;
	OPENSSL_free(der);
	return *out == NULL ? STATUS_NO_MEMORY : OK;
}

/* Looking for what verifies with a key takes OpenSSL as long as a twentieth of verifying. */
static enum status make_verifier(struct signer_keys *keys)
{
	enum status status = make_p256(&keys->p256);

	if (status != OK)
		return status;
	keys->p256_verifier = EVP_PKEY_CTX_new_from_pkey(NULL, keys->p256, NULL);
	return keys->p256_verifier != NULL && EVP_PKEY_verify_init(keys->p256_verifier) == 1
		       ? OK
		       : STATUS_NO_MEMORY;
}

enum status signer_keys_load(const struct signer_settings *settings, int64_t now,
			     struct signer_keys *out, struct key_fault *fault)
{
	AUTO_DONE(signer_keys) keys = { 0 };

	if (settings->authority_count > SIGNER_AUTHORITIES_MAX ||
	    settings->act_key_count > SIGNER_ACT_KEYS_MAX)
		return blame(fault, settings->result_key, STATUS_TOO_LARGE, "too many keys");

	enum status status = load_all(settings, now, &keys, fault);

	if (status != OK)
		return status;
	if (make_verifier(&keys) != OK || signing_key_init(keys.result, &keys.result_signer) != OK)
		return blame(fault, settings->result_key, STATUS_NO_MEMORY, "there is no memory");

	const char *shared = find_shared(settings, &keys);

	if (shared != NULL)
		return blame(fault, shared, STATUS_MISMATCH,
			     "the same key has another use here: each wants one of its own");
	*out = keys;
	keys = (struct signer_keys){ 0 };
	return OK;
}
