/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetcher/confine.h"

#include "daemon/confinement.h"

/* Of /etc/ssl and /etc/pki the public parts alone: servers keep TLS keys in their
 * "private". Where a name is a link, here or below, Landlock asks for what it leads to. */
static const char *const system_files[] = {
	"/usr/lib",
	"/lib",
	"/lib64",
	/* certificates, as Debian, Fedora, SUSE, Arch and Alpine have them */
	"/etc/ssl/certs",
	"/etc/ssl/cert.pem",
	"/etc/ssl/ca-bundle.pem",
	"/etc/pki/tls/certs",
	"/etc/pki/tls/cert.pem",
	"/etc/pki/ca-trust",
	"/etc/ca-certificates",
	"/usr/share/ca-certificates",
	"/usr/local/share/ca-certificates",
	"/usr/share/pki/ca-trust-source",
	"/var/lib/ca-certificates",
	/* OpenSSL's settings, and what they include */
	"/etc/ssl/openssl.cnf",
	"/etc/ssl/openssl.cnf.d",
	"/etc/pki/tls/openssl.cnf",
	"/etc/pki/tls/openssl.d",
	"/etc/crypto-policies",
	"/usr/share/crypto-policies",
	/* names */
	"/etc/resolv.conf",
	"/etc/hosts",
	"/etc/host.conf",
	"/etc/nsswitch.conf",
	"/etc/gai.conf",
	"/etc/services",
	"/etc/protocols",
	"/run/systemd/resolve",
	"/run/NetworkManager",
	"/run/resolvconf",
	"/etc/ld.so.cache",
	"/proc/self",
	"/dev/null",
	"/dev/urandom",
};

#define SYSTEM_FILES (sizeof(system_files) / sizeof(system_files[0]))

bool fetcher_confine(const struct fetcher_settings *settings)
{
	struct confinement_rule rules[SYSTEM_FILES + 2];
	size_t count = 0;

	for (; count < SYSTEM_FILES; count++)
		rules[count] = (struct confinement_rule){ .path = system_files[count] };
	if (settings->https.ca != NULL)
		rules[count++] = (struct confinement_rule){ .path = settings->https.ca };
	rules[count++] =
		(struct confinement_rule){ .path = settings->directory, .is_writable = true };
	return confinement_begin(rules, count);
}
