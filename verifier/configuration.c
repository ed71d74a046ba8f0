/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/configuration.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "messages/node.h"
#include "verifier/listening.h"

#define TEXT(section, key, fallback, help)                                                         \
	{                                                                                          \
		section, false, key, SETTING_TEXT, 0, 0, fallback, false, help                     \
	}
#define WANTED(section, key, help)                                                                 \
	{                                                                                          \
		section, false, key, SETTING_TEXT, 0, 0, NULL, true, help                          \
	}
#define NUMBER(section, key, least, most, fallback, help)                                          \
	{                                                                                          \
		section, false, key, SETTING_NUMBER, least, most, fallback, false, help            \
	}
#define BOOL(section, key, help)                                                                   \
	{                                                                                          \
		section, false, key, SETTING_BOOL, 0, 0, "no", false, help                         \
	}

const struct setting verifierd_schema[] = {
	TEXT("server", "listen", "[::]:8443", "address and port that nodes reach"),
	WANTED("server", "certificate", "PEM file: TLS certificate and its chain"),
	WANTED("server", "key", "PEM file of its key, readable by the owner only"),
	TEXT("server", "admin_listen", "127.0.0.1:8444",
	     "address and port of administration and metrics; none for none"),
	NUMBER("server", "appraisers", 1, APPRAISERS_MAX, "2", "processes that appraise evidence"),
	NUMBER("server", "connections_max", 8, 1048576, "4096", "open connections, in all"),
	NUMBER("server", "connections_per_peer_max", 1, 65536, "1024",
	       "open connections of one address (IPv6: one /64)"),
	NUMBER("server", "waiting_max", 0, 1048576, "3072",
	       "of them, nodes that wait to be told of a quarantine"),
	NUMBER("server", "enrolments_per_peer", 1, 1000000, "600",
	       "enrolment requests of one address (IPv6: one /64) a minute"),
	NUMBER("server", "bodies_max_mib", 32, 65536, "256",
	       "memory for evidence over 64 KiB on its way in, in all"),
	NUMBER("server", "handshake_s", 1, 300, "10", "deadline of a TLS handshake"),
	NUMBER("server", "head_s", 1, 300, "10", "deadline of a request's header fields"),
	NUMBER("server", "body_s", 1, 3600, "30",
	       "deadline of a body, beside a second for each 64 KiB that came"),
	NUMBER("server", "idle_s", 1, 3600, "90",
	       "how long a connection may wait between requests"),
	NUMBER("server", "answer_s", 1, 3600, "60", "deadline of an answer"),
	NUMBER("server", "silence_s", 4, 3600, "60",
	       "a process of verifierd that hangs so long is replaced"),

	{ "administrator", true, "certificate_sha256", SETTING_TEXT, 64, 64, NULL, true,
	  "SHA-256 of the client certificate's DER, in hex" },
	{ "administrator", true, "role", SETTING_TEXT, 0, 32, NULL, true,
	  "platform, identity-security or auditor" },
	{ "administrator", true, "act_key", SETTING_TEXT, 0, 0, NULL, false,
	  "PEM file of the public key that signs this administrator's acts" },

	TEXT("store", "path", "/var/lib/attestd/verifier.db", "SQLite file"),

	WANTED("keys", "mac", "file of 32 random bytes, for this store alone"),
	WANTED("keys", "result", "PEM file or URI of the P-256 key that signs verdicts"),
	TEXT("keys", "log", NULL, "PEM file or URI of the Ed25519 key that signs the verdict log"),

	{ "authority", true, "key", SETTING_TEXT, 0, 0, NULL, true,
	  "PEM file or URI of the key of the CA of the trust domain NAME" },
	{ "authority", true, "certificate", SETTING_TEXT, 0, 0, NULL, true,
	  "PEM file: its certificate, the root last" },
	{ "authority", true, "jwt_keys", SETTING_LIST, 0, 4096, NULL, false,
	  "PEM files or URIs of keys of JWT-SVIDs: the first signs, the others are published" },
	{ "authority", true, "federated", SETTING_TEXT, 0, 0, NULL, false,
	  "directory of other trust domains' bundles, which its workloads take too" },

	TEXT("ek", "roots", NULL, "directory of TPM makers' root certificates"),
	TEXT("ek", "intermediates", NULL, "directory of TPM makers' intermediate certificates"),
	TEXT("ek", "crls", NULL, "directory of TPM makers' revocation lists"),
	BOOL("ek", "allow_sha1", "accept SHA-1 signatures in EK certificate chains"),
	BOOL("ek", "allow_software_tpm", "accept software TPMs: for tests only"),
	TEXT("ek", "software_roots", NULL, "directory of roots of software TPMs"),

	TEXT("release", "directory", NULL, "signed release; without one nothing is granted"),
	TEXT("release", "root", NULL, "sha256:HEX of its first root document"),
	TEXT("release", "url", NULL,
	     "https://... that is followed; directory is where what came from there is kept"),
	TEXT("release", "ca", NULL,
	     "PEM file: who vouches for the server of url; without it the system's store"),
	NUMBER("release", "interval_s", 5, 3600, "60", "how often url is asked for news"),
	NUMBER("release", "total_max_mib", 16, 65536, "4096", "what one release of url may hold"),

	TEXT("nodes", "inventory", NULL, "file: which EK is which host and class"),
	TEXT("nodes", "approve_role", "any",
	     "role that may approve nodes: any, platform or identity-security"),
	TEXT("nodes", "release_role", "any", "role that may lift a quarantine"),
	NUMBER("nodes", "narrow_per_hour", 1, 1000000, "200",
	       "nodes that may be quarantined or retired in an hour; such acts are not signed"),

	TEXT("results", "issuer", "attestd", "iss of attestation results"),
	TEXT("results", "audience", "attestd", "aud of attestation results"),
	NUMBER("results", "jwt_lifetime_s", 60, 900, "300",
	       "how long a JWT-SVID lives, and never longer than the node's grant"),
	{ NULL, false, NULL, SETTING_TEXT, 0, 0, NULL, false, NULL },
};

static const char *text(const struct configuration *c, const char *section, const char *key)
{
	return settings_text(c->settings, section, NULL, key);
}

static unsigned number(const struct configuration *c, const char *section, const char *key)
{
	return (unsigned)settings_number(c->settings, section, NULL, key);
}

__attribute__((format(printf, 2, 3))) static enum status refuse(struct settings_error *error,
								const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return STATUS_MALFORMED;
}

static enum status role_named(const char *name, enum role *out)
{
	static const char *const names[] = {
		[ROLE_PLATFORM] = "platform",
		[ROLE_IDENTITY_SECURITY] = "identity-security",
		[ROLE_AUDITOR] = "auditor",
	};

	for (unsigned role = ROLE_PLATFORM; role <= ROLE_AUDITOR; role++) {
		if (strcmp(name, names[role]) != 0)
			continue;
		*out = (enum role)role;
		return OK;
	}
	return STATUS_NOT_FOUND;
}

static enum status read_administrator(struct configuration *c, const char *name,
				      struct settings_error *error)
{
	const char *hex = settings_text(c->settings, "administrator", name, "certificate_sha256");
	const char *role = settings_text(c->settings, "administrator", name, "role");
	const char *key = settings_text(c->settings, "administrator", name, "act_key");
	struct administrator *a = &c->administrators[c->front.administrator_count];
	AUTO_DONE(bytes) raw = { 0 };

	a->name = name;
	if (role_named(role, &a->role) != OK)
		return refuse(error,
			      "[administrator %s] role is platform, identity-security or auditor",
			      name);
	if (hex_decode(span_text(hex), &raw) != OK ||
	    digest_from(DIGEST_SHA256, span_of(&raw), &a->certificate) != OK)
		return refuse(error, "[administrator %s] certificate_sha256 is 64 hex digits",
			      name);
	c->front.administrator_count++;
	if (key != NULL)
		c->act_keys[c->signer.act_key_count++] = (struct signer_act_key_settings){
			.name = name, .role = a->role, .key = key
		};
	return OK;
}

static enum status read_administrators(struct configuration *c, struct settings_error *error)
{
	size_t count = settings_name_count(c->settings, "administrator");
	enum status status = OK;

	if (count > ADMINISTRATORS_MAX)
		return refuse(error, "more than %d administrators", ADMINISTRATORS_MAX);
	for (size_t i = 0; i < count && status == OK; i++)
		status = read_administrator(c, settings_name(c->settings, "administrator", i),
					    error);
	c->front.administrators = c->administrators;
	c->signer.act_keys = c->act_keys;
	return status;
}

static enum status read_authorities(struct configuration *c, struct settings_error *error)
{
	size_t count = settings_name_count(c->settings, "authority");

	if (count > SIGNER_AUTHORITIES_MAX)
		return refuse(error, "more than %d authorities", SIGNER_AUTHORITIES_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *name = settings_name(c->settings, "authority", i);

		if (!trust_domain_is_valid(span_text(name)))
			return refuse(error, "[authority %s] is no trust domain", name);
		c->authorities[i] = (struct signer_authority_settings){
			.trust_domain = name,
			.key = settings_text(c->settings, "authority", name, "key"),
			.certificate = settings_text(c->settings, "authority", name, "certificate"),
			.jwt_keys = settings_text(c->settings, "authority", name, "jwt_keys"),
			.federated = settings_text(c->settings, "authority", name, "federated"),
		};
	}
	c->signer.authorities = c->authorities;
	c->signer.authority_count = count;
	return OK;
}

static void read_front(struct configuration *c)
{
	struct front_settings *f = &c->front;

	f->certificate = text(c, "server", "certificate");
	f->key = text(c, "server", "key");
	f->connections_max = number(c, "server", "connections_max");
	f->connections_per_peer_max = number(c, "server", "connections_per_peer_max");
	/* Who attests and who administers has room beside them. */
	f->waiting_max = number(c, "server", "waiting_max");
	if (f->waiting_max > f->connections_max / 4 * 3)
		f->waiting_max = f->connections_max / 4 * 3;
	f->enrolments_per_peer = number(c, "server", "enrolments_per_peer");
	f->bodies_max = (size_t)number(c, "server", "bodies_max_mib") << 20;
	f->handshake_s = number(c, "server", "handshake_s");
	f->head_s = number(c, "server", "head_s");
	f->body_s = number(c, "server", "body_s");
	f->idle_s = number(c, "server", "idle_s");
	f->answer_s = number(c, "server", "answer_s");
	c->listen = text(c, "server", "listen");
	c->admin_listen = text(c, "server", "admin_listen");
	if (strcmp(c->admin_listen, "none") == 0)
		c->admin_listen = NULL;
	c->appraisers = number(c, "server", "appraisers");
	c->silence_s = number(c, "server", "silence_s");
}

static enum status check_addresses(const struct configuration *c, struct settings_error *error)
{
	static const char *const keys[] = { "listen", "admin_listen" };
	const char *const addresses[] = { c->listen, c->admin_listen };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (addresses[i] != NULL && !listening_address_is_valid(addresses[i]))
			return refuse(error, "[server] %s: '%s' is no address and port", keys[i],
				      addresses[i]);
	return OK;
}

static enum status read_appraiser(struct configuration *c, struct settings_error *error)
{
	struct appraiser_settings *a = &c->appraiser;

	a->ek_roots = text(c, "ek", "roots");
	a->ek_intermediates = text(c, "ek", "intermediates");
	a->ek_crls = text(c, "ek", "crls");
	a->software_roots = text(c, "ek", "software_roots");
	a->allow_sha1 = settings_bool(c->settings, "ek", NULL, "allow_sha1");
	a->allow_software_tpm = settings_bool(c->settings, "ek", NULL, "allow_software_tpm");
	/* A forgotten setting must not sit there and look as if it did something. */
	if (a->software_roots != NULL && !a->allow_software_tpm)
		return refuse(error, "[ek] software_roots wants allow_software_tpm = yes");
	if (a->ek_roots == NULL && a->software_roots == NULL)
		return refuse(error, "[ek] wants the key 'roots': nobody could enrol");
	return OK;
}

static enum status read_role(const char *name, const char *key, enum role *out,
			     struct settings_error *error)
{
	*out = ROLE_NONE;
	if (strcmp(name, "any") == 0)
		return OK;
	if (role_named(name, out) != OK || *out == ROLE_AUDITOR)
		return refuse(error, "[nodes] %s is any, platform or identity-security", key);
	return OK;
}

static enum status read_signer(struct configuration *c, struct settings_error *error)
{
	struct signer_settings *s = &c->signer;
	enum status status = read_role(text(c, "nodes", "approve_role"), "approve_role",
				       &s->approve_role, error);

	if (status == OK)
		status = read_role(text(c, "nodes", "release_role"), "release_role",
				   &s->release_role, error);
	s->narrow_per_hour = number(c, "nodes", "narrow_per_hour");
	s->store = text(c, "store", "path");
	s->mac_key = text(c, "keys", "mac");
	s->result_key = text(c, "keys", "result");
	s->log_key = text(c, "keys", "log");
	s->inventory = text(c, "nodes", "inventory");
	s->allow_software_tpm = c->appraiser.allow_software_tpm;
	s->issuer = text(c, "results", "issuer");
	s->audience = text(c, "results", "audience");
	s->jwt_lifetime_s = number(c, "results", "jwt_lifetime_s");
	return status;
}

static enum status read_release(struct configuration *c, struct settings_error *error)
{
	const char *root = text(c, "release", "root");

	c->loader.directory = text(c, "release", "directory");
	c->has_release = c->loader.directory != NULL;
	c->signer.has_release = c->has_release;
	if (c->has_release != (root != NULL))
		return refuse(error, "[release] wants directory and root, or neither");
	if (root != NULL && (digest_text_parse(span_text(root), &c->loader.root) != OK ||
			     c->loader.root.alg != DIGEST_SHA256))
		return refuse(error, "[release] root is sha256: and 64 hex digits");
	return OK;
}

/* Something that a path can be appended to. */
static bool is_https_url(const char *url)
{
	size_t len = strlen(url);

	if (strncmp(url, "https://", strlen("https://")) != 0 || len > FOLLOWED_URL_MAX ||
	    len == strlen("https://") || url[len - 1] == '/')
		return false;
	for (size_t i = 0; i < len; i++)
		if (url[i] <= ' ' || url[i] > '~' || strchr("?#@\\", url[i]) != NULL)
			return false;
	return true;
}

static enum status read_following(struct configuration *c, struct settings_error *error)
{
	struct followed_release *f = &c->followed;

	f->url = text(c, "release", "url");
	f->ca = text(c, "release", "ca");
	f->directory = text(c, "release", "directory");
	f->interval_s = number(c, "release", "interval_s");
	f->total_max = (uint64_t)number(c, "release", "total_max_mib") << 20;
	if (f->url == NULL)
		return f->ca == NULL ? OK
				     : refuse(error, "[release] ca is for url, which is not there");
	if (!is_https_url(f->url))
		return refuse(error,
			      "[release] url is https://, at most %d characters, without user, "
			      "query or a slash at its end",
			      FOLLOWED_URL_MAX);
	if (!c->has_release)
		return refuse(error, "[release] url wants directory and root");

	int len = snprintf(f->current, sizeof(f->current), "%s/current", f->directory);
	if (len < 0 || (size_t)len >= sizeof(f->current))
		return refuse(error, "[release] directory is too long");
	c->loader.directory = f->current;
	return OK;
}

enum status configuration_load(const char *path, struct configuration *out,
			       struct settings_error *error)
{
	enum status status = settings_load(path, verifierd_schema, &out->settings, error);

	if (status != OK)
		return status;
	read_front(out);
	status = check_addresses(out, error);
	if (status == OK)
		status = read_administrators(out, error);
	if (status == OK)
		status = read_authorities(out, error);
	if (status == OK)
		status = read_appraiser(out, error);
	if (status == OK)
		status = read_signer(out, error);
	if (status == OK)
		status = read_release(out, error);
	if (status == OK)
		status = read_following(out, error);
	return status;
}

void configuration_done(struct configuration *configuration)
{
	settings_free(configuration->settings);
	configuration->settings = NULL;
}
