/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/configuration.h"

#include <errno.h>
#include <grp.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "attestd/svid_names.h"
#include "base/auto_openssl.h"
#include "base/text.h"
#include "daemon/file.h"
#include "messages/entries.h"
#include "messages/spiffe_id.h"
#include "tpm/certificate.h"

#define KEY_FILE_MAX 16384
#define PATH_LENGTH_MAX 4095
#define SECURITYFS "/sys/kernel/security"

const struct setting configuration_schema[] = {
	{ "verifier", false, "url", SETTING_TEXT, 0, 2048, NULL, true,
	  "https://HOST[:PORT] of the verifier" },
	{ "verifier", false, "ca_file", SETTING_TEXT, 0, PATH_LENGTH_MAX, NULL, true,
	  "certificates (PEM) that the verifier's TLS certificate must lead to" },
	{ "verifier", false, "result_key", SETTING_TEXT, 0, PATH_LENGTH_MAX, NULL, true,
	  "public key (PEM, P-256) that verdicts must be signed with" },
	{ "verifier", false, "timeout_s", SETTING_NUMBER, 1, 600, "60", false,
	  "longest wait for one answer, in seconds; more for a long log" },
	{ "tpm", false, "tcti", SETTING_TEXT, 0, 1024, "device:/dev/tpmrm0", false,
	  "how the TPM is reached, in the words of tpm2-tss" },
	{ "tpm", false, "timeout_s", SETTING_NUMBER, 1, 110, "90", false,
	  "longest time for one task of the TPM; after it, its role is started anew" },
	{ "tpm", false, "endorsement_auth_file", SETTING_TEXT, 0, PATH_LENGTH_MAX, NULL, false,
	  "file with the endorsement hierarchy's password, where one is set" },
	{ "logs", false, "boot_log", SETTING_TEXT, 0, PATH_LENGTH_MAX,
	  SECURITYFS "/tpm0/binary_bios_measurements", false, "the firmware's event log" },
	{ "logs", false, "ima_log", SETTING_TEXT, 0, PATH_LENGTH_MAX,
	  SECURITYFS "/ima/binary_runtime_measurements", false, "the kernel's IMA log" },
	{ "logs", false, "ima_count", SETTING_TEXT, 0, PATH_LENGTH_MAX,
	  SECURITYFS "/ima/runtime_measurements_count", false,
	  "its number of entries; none: the log's size tells that it grew" },
	{ "agent", false, "hostname", SETTING_TEXT, 0, 253, NULL, false,
	  "name given at enrolment, the host's own by default" },
	{ "agent", false, "user", SETTING_TEXT, 0, 64, NULL, false,
	  "user that the network role becomes" },
	{ "broker", false, "user", SETTING_TEXT, 0, 64, NULL, false,
	  "user that the TPM role becomes once TPM and logs are open" },
	{ "broker", false, "journal", SETTING_TEXT, 2, PATH_LENGTH_MAX, "/run/attestd/journal",
	  false, "directory of the issuance journal, which nobody else may write" },
	{ "identity", true, "spiffe_id", SETTING_TEXT, 0, 2048, NULL, false,
	  "spiffe://TRUST-DOMAIN/PATH of this SVID" },
	{ "identity", true, "x509pop", SETTING_TEXT, 0, 2048, NULL, false,
	  "instead: x509pop://TRUST-DOMAIN/KEY/VALUE [...], selectors for a SPIRE server" },
	{ "identity", true, "dir", SETTING_TEXT, 1, PATH_LENGTH_MAX, NULL, true,
	  "where svid.pem, svid_key.pem and bundle.pem are kept" },
	{ "identity", true, "owner", SETTING_TEXT, 0, 64, "root", false,
	  "user the files belong to" },
	{ "identity", true, "group", SETTING_TEXT, 0, 64, "root", false,
	  "group the files belong to" },
	{ "identity", true, "mode", SETTING_TEXT, 0, 4, "0640", false,
	  "their mode, octal; nothing for others, no execution" },
	{ "workload-api", false, "socket", SETTING_TEXT, 1, SOCKET_PATH_MAX,
	  "/run/attestd/workload.sock", false,
	  "where workloads ask for their identities; none: nowhere" },
	{ "workload-api", false, "connections", SETTING_NUMBER, 1, 16384, "1024", false,
	  "that may be open, of all users and on all sockets" },
	{ "workload-api", false, "connections_per_user", SETTING_NUMBER, 1, 16384, "256", false,
	  "that one user may have open" },
	{ "workload-api", false, "streams_per_connection", SETTING_NUMBER, 1, 1000, "100", false,
	  "that may be open on one connection" },
	{ "workload-api", false, "streams_per_user", SETTING_NUMBER, 1, 65536, "2048", false,
	  "that one user may have open on all connections" },
	{ "workload-api", false, "requests_per_user", SETTING_NUMBER, 1, 1000, "200", false,
	  "that one user may send in a second, and ten times as many at once" },
	{ "workload-socket", true, "path", SETTING_TEXT, 1, SOCKET_PATH_MAX, NULL, true,
	  "of a socket of its own, which registration entries can name" },
	{ "workload-socket", true, "owner", SETTING_TEXT, 0, 64, "root", false,
	  "user the socket belongs to" },
	{ "workload-socket", true, "group", SETTING_TEXT, 0, 64, "root", false,
	  "group the socket belongs to" },
	{ "workload-socket", true, "mode", SETTING_TEXT, 0, 4, "0660", false,
	  "its mode, octal: who may write to it may connect" },
	{ 0 },
};

__attribute__((format(printf, 2, 3))) static enum status refuse(struct settings_error *error,
								const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	return STATUS_MALFORMED;
}

const char *configuration_text(const struct configuration *c, const char *section, const char *key)
{
	return settings_text(c->settings, section, NULL, key);
}

/* The key that verdicts are pinned to: a file others may write is no pin. */
static enum status result_key_read(struct configuration *c, struct settings_error *error)
{
	AUTO_DONE(bytes) pem = { 0 };
	const char *path = configuration_text(c, "verifier", "result_key");
	char group[32] = "";
	enum status status = file_read_guarded(path, KEY_FILE_MAX, false, &pem);

	if (status != OK)
		return refuse(error, "[verifier] result_key: %s: %s", path,
			      file_guard_text(status));

	AUTO(BIO) bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	unsigned char *der = NULL;
	long der_len = 0;
	bool is_oaep;

	/* Not by PEM_read_bio_PUBKEY(): it looks for every decoder that there may be,
	 * at each start of each role. */
	if (bio != NULL &&
	    PEM_bytes_read_bio(&der, &der_len, NULL, PEM_STRING_PUBLIC, bio, NULL, NULL) == 1)
		status = spki_key((struct span){ .data = der, .len = (size_t)der_len },
				  &c->result_key, &is_oaep);
	OPENSSL_free(der);
	if (status != OK || c->result_key == NULL ||
	    EVP_PKEY_get_group_name(c->result_key, group, sizeof(group), NULL) != 1 ||
	    strcmp(group, "prime256v1") != 0)
		return refuse(error, "[verifier] result_key: %s holds no public P-256 key in PEM",
			      path);
	return OK;
}

/* Read by the roles; a wrong one is told here, before they start in a circle. */
static enum status guarded_file_check(const struct configuration *c, const char *section,
				      const char *key, bool is_secret, struct settings_error *error)
{
	const char *path = configuration_text(c, section, key);
	enum status status = path == NULL ? OK : file_check_guarded(path, is_secret);

	if (status == OK)
		return OK;
	return refuse(error, "[%s] %s: %s: %s", section, key, path, file_guard_text(status));
}

/* With nothing but the bits of most, and all those of least. */
static enum status mode_read(const char *text, mode_t least, mode_t most, mode_t *out)
{
	mode_t mode = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c < '0' || *c > '7')
			return STATUS_MALFORMED;
		mode = (mode << 3) | (mode_t)(*c - '0');
	}
	if ((mode & ~most) != 0 || (mode & least) != least)
		return STATUS_DENIED;
	*out = mode;
	return OK;
}

/* Whom the files of a named section belong to. */
static enum status ownership_read(const struct configuration *c, const char *section,
				  const char *name, uid_t *uid, gid_t *gid,
				  struct settings_error *error)
{
	const char *owner = settings_text(c->settings, section, name, "owner");
	const char *group = settings_text(c->settings, section, name, "group");
	const struct passwd *user = getpwnam(owner);
	const struct group *members = getgrnam(group);

	if (user == NULL)
		return refuse(error, "[%s %s] owner: there is no user %s", section, name, owner);
	if (members == NULL)
		return refuse(error, "[%s %s] group: there is no group %s", section, name, group);
	*uid = user->pw_uid;
	*gid = members->gr_gid;
	return OK;
}

/* Either is a text of attestd/svid_names.h; they never stand in one certificate. */
static enum status identity_names(const struct settings *s, const char *name, const char **out,
				  struct settings_error *error)
{
	const char *id = settings_text(s, "identity", name, "spiffe_id");
	const char *selectors = settings_text(s, "identity", name, "x509pop");

	if ((id == NULL) == (selectors == NULL))
		return refuse(error, "[identity %s] spiffe_id or x509pop: one of them", name);
	if (id != NULL &&
	    (!svid_names_are_valid(span_text(id)) || !spiffe_id_is_valid(span_text(id))))
		return refuse(error, "[identity %s] spiffe_id: no SPIFFE ID with a path", name);
	if (selectors != NULL && (!svid_names_are_valid(span_text(selectors)) ||
				  spiffe_id_is_valid(span_text(selectors))))
		return refuse(
			error,
			"[identity %s] x509pop: not 1 to %d of x509pop://TRUST-DOMAIN/KEY/VALUE, "
			"each KEY once, in one trust domain",
			name, SVID_SELECTORS_MAX);
	*out = id != NULL ? id : selectors;
	return OK;
}

static enum status identity_read(const struct configuration *c, const char *name,
				 struct identity_settings *out, struct settings_error *error)
{
	const struct settings *s = c->settings;
	struct identity_settings id = {
		.name = name,
		.directory = settings_text(s, "identity", name, "dir"),
	};

	enum status status = identity_names(s, name, &id.names, error);

	if (status != OK)
		return status;
	if (id.directory[0] != '/')
		return refuse(error, "[identity %s] dir: not an absolute path", name);

	status = ownership_read(c, "identity", name, &id.owner, &id.group, error);
	if (status != OK)
		return status;
	/* A key that everyone may read is nobody's identity. */
	if (mode_read(settings_text(s, "identity", name, "mode"), 0400, 0660, &id.mode) != OK)
		return refuse(error, "[identity %s] mode: octal, 0400 and at most 0660", name);
	*out = id;
	return OK;
}

/* The next component; empty at the end. "." and doubled slashes are none. */
static struct span next_component(struct span *path)
{
	struct span component;

	while (text_next_word(path, '/', &component))
		if (component.len > 0 && !span_equal(component, span_text(".")))
			return component;
	return (struct span){ 0 };
}

/* However the two are spelled; links are not followed. */
static bool is_same_path(const char *a, const char *b)
{
	struct span rest[] = { span_text(a), span_text(b) };
	struct span component;

	do {
		component = next_component(&rest[0]);
		if (!span_equal(component, next_component(&rest[1])))
			return false;
	} while (component.len > 0);
	return true;
}

static enum status identities_read(struct configuration *c, struct settings_error *error)
{
	size_t count = settings_name_count(c->settings, "identity");

	if (count > IDENTITIES_MAX)
		return refuse(error, "more than %d identities", IDENTITIES_MAX);
	for (size_t i = 0; i < count; i++) {
		const char *name = settings_name(c->settings, "identity", i);
		enum status status = identity_read(c, name, &c->identities[i], error);

		if (status != OK)
			return status;
		/* Two writers of one directory would end each other's SVID. */
		for (size_t j = 0; j < i; j++) {
			if (is_same_path(c->identities[i].directory, c->identities[j].directory))
				return refuse(error, "[identity %s] dir: used by %s as well", name,
					      c->identities[j].name);
		}
		c->identity_count = i + 1;
	}
	return OK;
}

static enum status socket_read(const struct configuration *c, const char *name,
			       struct socket_settings *out, struct settings_error *error)
{
	struct socket_settings socket = {
		.name = name,
		.path = settings_text(c->settings, "workload-socket", name, "path"),
	};
	const char *mode = settings_text(c->settings, "workload-socket", name, "mode");

	if (!entry_name_is_valid(span_text(name)))
		return refuse(error, "[workload-socket %s]: no name that an entry can give", name);

	enum status status =
		ownership_read(c, "workload-socket", name, &socket.owner, &socket.group, error);

	if (status != OK)
		return status;
	if (mode_read(mode, 0600, 0666, &socket.mode) != OK)
		return refuse(error, "[workload-socket %s] mode: octal, 0600 and at most 0666",
			      name);
	*out = socket;
	return OK;
}

/* An entry that names no socket is for any. */
static enum status socket_add(struct configuration *c, const struct socket_settings *socket,
			      struct settings_error *error)
{
	if (c->socket_count == SOCKETS_MAX)
		return refuse(error, "more than %d workload sockets", SOCKETS_MAX);
	if (socket->path == NULL || socket->path[0] != '/')
		return refuse(error,
			      "[workload-api] socket, [workload-socket NAME] path: '%s' is not "
			      "an absolute path",
			      socket->path == NULL ? "" : socket->path);
	for (size_t i = 0; i < c->socket_count; i++) {
		if (is_same_path(c->sockets[i].path, socket->path))
			return refuse(error, "workload socket %s: given twice", socket->path);
	}
	c->sockets[c->socket_count++] = *socket;
	return OK;
}

static enum status sockets_read(struct configuration *c, struct settings_error *error)
{
	const struct socket_settings first = {
		.name = "",
		.path = configuration_text(c, "workload-api", "socket"),
		.mode = 0666,
	};
	enum status status = OK;

	if (strcmp(first.path, "none") != 0)
		status = socket_add(c, &first, error);
	for (size_t i = 0; status == OK && i < settings_name_count(c->settings, "workload-socket");
	     i++) {
		struct socket_settings socket = { 0 };

		status = socket_read(c, settings_name(c->settings, "workload-socket", i), &socket,
				     error);
		if (status == OK)
			status = socket_add(c, &socket, error);
	}
	return status;
}

uid_t configuration_user(const struct configuration *c, const char *section)
{
	const char *name = configuration_text(c, section, "user");
	const struct passwd *user = name == NULL ? NULL : getpwnam(name);

	return user == NULL ? (uid_t)-1 : user->pw_uid;
}

/* The user that a role becomes has to be there before the role is. */
static enum status user_check(const struct configuration *c, const char *section,
			      struct settings_error *error)
{
	const char *name = configuration_text(c, section, "user");

	if (name != NULL && getpwnam(name) == NULL)
		return refuse(error, "[%s] user: there is no user %s", section, name);
	return OK;
}

enum status configuration_load(const char *path, struct configuration *out,
			       struct settings_error *error)
{
	AUTO_DONE(configuration) c = { 0 };
	enum status status = settings_load(path, configuration_schema, &c.settings, error);

	if (status != OK)
		return status;
	if (strncmp(configuration_text(&c, "verifier", "url"), "https://", 8) != 0)
		return refuse(error, "[verifier] url: https:// only");
	if (configuration_text(&c, "broker", "journal")[0] != '/')
		return refuse(error, "[broker] journal: not an absolute path");
	status = result_key_read(&c, error);
	if (status == OK)
		status = guarded_file_check(&c, "verifier", "ca_file", false, error);
	if (status == OK)
		status = guarded_file_check(&c, "tpm", "endorsement_auth_file", true, error);
	if (status == OK)
		status = user_check(&c, "agent", error);
	if (status == OK)
		status = user_check(&c, "broker", error);
	if (status == OK)
		status = identities_read(&c, error);
	if (status == OK)
		status = sockets_read(&c, error);
	if (status == OK) {
		*out = c;
		c = (struct configuration){ 0 };
	}
	return status;
}

void configuration_done(struct configuration *c)
{
	settings_free(c->settings);
	EVP_PKEY_free(c->result_key);
	*c = (struct configuration){ 0 };
}

enum status configuration_drop(const struct configuration *c, const char *section)
{
	const char *name = configuration_text(c, section, "user");

	if (name == NULL || geteuid() != 0)
		return OK;

	const struct passwd *user = getpwnam(name);

	if (user == NULL)
		return STATUS_NOT_FOUND;
	if (setgroups(0, NULL) != 0 || setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
	    setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0)
		return STATUS_DENIED;
	/* The change of user took it away. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return STATUS_DENIED;
	/* For good: a way back would be no drop. */
	return setuid(0) == 0 && user->pw_uid != 0 ? STATUS_DENIED : OK;
}
