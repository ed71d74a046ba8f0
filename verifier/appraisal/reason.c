/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraisal/reason.h"

#include <string.h>

#include "base/text.h"

#define REFUSED SEVERITY_REFUSED
#define RETRYABLE SEVERITY_RETRYABLE
#define WARNING SEVERITY_WARNING
#define BAD SEVERITY_CONTRAINDICATED

/* clang-format off */
static const struct reason_facts table[REASON_COUNT] = {
	[REASON_NONE] = { "none", "Nothing to do.",
		BAD, CLAIM_CONFIGURATION, LAYER_NODE },

	[REASON_SIGNATURE_INVALID] = { "signature-invalid",
		"The quote is not signed by the enrolled key: if the TPM was replaced or cleared, enrol the host again.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_QUOTE_MALFORMED] = { "quote-malformed",
		"The signed bytes are no TPMS_ATTEST: compare the attestd version on the host with the verifier's.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_QUOTE_FORGED] = { "quote-not-from-tpm",
		"The attestation key signed something that no TPM made: treat the host as hostile and retire its key.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_QUOTE_TYPE] = { "quote-type-mismatch",
		"The host sent another kind of attestation as its quote: compare the attestd version on the host with the verifier's.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_QUOTE_NONCE_MISMATCH] = { "quote-nonce-mismatch",
		"The quote answers another challenge or names another minting key: ask for a new challenge.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_EVIDENCE_REPLAYED] = { "evidence-replayed",
		"A quote as new or newer was already decided on: ask for a new challenge.",
		REFUSED, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },

	[REASON_QUOTE_SIGNER_MISMATCH] = { "quote-signer-mismatch",
		"The quote names another key or hierarchy as its signer than the one enrolled: enrol the host again.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_CLOCK_RANGE] = { "tpm-clock-out-of-range",
		"The TPM's clock stands at 2^63 ms or later, which no honest TPM reaches: replace or clear the TPM and enrol again.",
		BAD, CLAIM_HARDWARE, LAYER_NODE },
	[REASON_TPM_CLEARED] = { "tpm-cleared",
		"The TPM's counters went backwards, as after a clear or a rolled back virtual TPM: attestd activates its keys again by itself, with the next round.",
		BAD, CLAIM_HARDWARE, LAYER_NODE },
	[REASON_CLOCK_NOT_SAFE] = { "tpm-clock-not-safe",
		"After an unclean shutdown the TPM needs up to 70 minutes before its clock is safe again: wait, or shut down cleanly.",
		BAD, CLAIM_HARDWARE, LAYER_NODE },
	[REASON_FIRMWARE_DENIED] = { "tpm-firmware-denied",
		"This TPM firmware has a known flaw: update the TPM's firmware.",
		BAD, CLAIM_HARDWARE, LAYER_FIRMWARE },
	[REASON_SELECTION_MISMATCH] = { "quote-selection-mismatch",
		"The signed PCR selection is not the node class's: ask for a new challenge, and compare the class with the host.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_PCR_VALUES_MISMATCH] = { "quote-pcr-mismatch",
		"The PCR values sent are not the ones that the TPM signed: if it persists, treat the host as hostile.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },
	[REASON_MINTING_KEY_MALFORMED] = { "minting-key-malformed",
		"The minting key's public area cannot be read: compare the attestd version on the host with the verifier's.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_MINTING_KEY_UNSUITABLE] = { "minting-key-unsuitable",
		"The minting key has other attributes, or is bound to other PCRs or another boot, than its class wants: attestd should make a new one.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_MINTING_KEY_UNCERTIFIED] = { "minting-key-uncertified",
		"This minting key was not certified in this boot session: attestd should certify it with its next evidence.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_SIGNATURE_INVALID] = { "certify-signature-invalid",
		"The minting key's certification is not signed by the enrolled attestation key: attestd should certify it again.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_MALFORMED] = { "certify-malformed",
		"The minting key's certification is none: compare the attestd version on the host with the verifier's.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_NONCE_MISMATCH] = { "certify-nonce-mismatch",
		"The minting key's certification answers another challenge: attestd should certify it again.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_COUNTERS_MISMATCH] = { "certify-counters-mismatch",
		"The minting key was certified in another boot session than the quote's: attestd should make a new one.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_NAME_MISMATCH] = { "certify-name-mismatch",
		"The certification is about another key than the one offered: attestd should certify the key it offers.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },
	[REASON_CERTIFY_HIERARCHY] = { "certify-hierarchy-mismatch",
		"The minting key is no primary of the NULL hierarchy, so it would outlive this boot: attestd should make a new one.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },

	[REASON_REPORT_MALFORMED] = { "report-malformed",
		"What the host says beside its quote cannot be read: it should run the attestd that its release measured.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },

	[REASON_JOURNAL_GAP] = { "journal-gap",
		"The node's journal of issued identities does not go on from where it was: find out who had its run directory, and take what it issued meanwhile for unknown.",
		WARNING, CLAIM_INSTANCE_IDENTITY, LAYER_IDENTITY_MODULE },

	[REASON_RELEASE_NONE] = { "release-none",
		"No release in force fits this node class: publish one for its platform and kernel, or extend the matrix.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_CELL_BLOCKED] = { "cell-blocked",
		"Both teams blocked this platform with this kernel in the matrix: boot an allowed kernel, or have the block lifted there.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_CELL_NOT_ALLOWED] = { "cell-not-allowed",
		"The host booted a release of a platform and kernel that its class does not have: boot its own, or add the cell to the class in the matrix.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_RELEASE_RATCHET] = { "release-ratchet",
		"The host booted a lower release version than before: boot the current one, or publish a rollback document.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_RELEASE_UNUSABLE] = { "release-unusable",
		"The release cannot be applied to this evidence: check it with attestctl release check.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_RELEASE_STALE] = { "release-stale",
		"The release's timestamp has expired, so that no new right is granted: publish a fresh one with attestctl release publish.",
		WARNING, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_EMERGENCY_FULL] = { "emergency-full",
		"As many nodes as the emergency allows have a right under its release, so that no new one is granted: wait for the approvals, or boot the current release.",
		WARNING, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_CLASS_UNKNOWN] = { "class-unknown",
		"The release's matrix has no class of the name this host was approved for: add it there, or approve the host for another.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_TRUST_DOMAIN_UNKNOWN] = { "trust-domain-unknown",
		"The verifier has no CA for the trust domain of this host's class: configure one.",
		WARNING, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_AUTHORITY_EXPIRED] = { "authority-expired",
		"A certificate of the CA for this host's trust domain has expired, so that no new right is granted: renew it and restart the verifier.",
		WARNING, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_EVIDENCE_LATE] = { "evidence-late",
		"The evidence arrived, or was judged, when a right of its challenge's age was over: look at the host's network and the verifier's load.",
		WARNING, CLAIM_CONFIGURATION, LAYER_NODE },
	[REASON_NODE_REVOKED] = { "node-revoked",
		"A signed revocation names this host: it stays without rights as long as the revocation stands.",
		BAD, CLAIM_INSTANCE_IDENTITY, LAYER_NODE },

	[REASON_BOOT_LOG_MISSING] = { "boot-log-missing",
		"The firmware's boot log is absent: with Debian's GRUB and Secure Boot off use linuxefi and initrdefi, else look whether the kernel exports binary_bios_measurements.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_EVIDENCE_OVERTAKEN] = { "evidence-overtaken",
		"A release came into force after the challenge, which asked for no boot log: ask for a new challenge.",
		RETRYABLE, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_BOOT_LOG_MALFORMED] = { "boot-log-malformed",
		"The boot log breaks its format: report the firmware's version with the log.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_BANK_MISSING] = { "boot-bank-missing",
		"An event of a quoted PCR has no digest in the class's bank: choose another bank for the class, or update the firmware.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_BANK_IRREVOCABLE] = { "boot-bank-irrevocable",
		"A file is revoked, by its SHA-256, and no digest of this class's bank can be told from it: choose the SHA-256 bank for the class.",
		BAD, CLAIM_CONFIGURATION, LAYER_RELEASE_PROCESS },
	[REASON_BOOT_REPLAY_MISMATCH] = { "boot-replay-mismatch",
		"The boot log does not lead to the quoted PCR: the log was altered, or something extended the PCR after boot.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_BOOT_PCR_CHANGED] = { "boot-pcr-changed",
		"A boot PCR has another value than when this boot was appraised: find what extended it, or reboot.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_PCR_UNEXPLAINED] = { "pcr-unexplained",
		"No log explains this PCR's value: find what extended it, or pin the value in the release.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_PCR_NOT_ALLOWED] = { "pcr-not-allowed",
		"The PCR has a value that the release does not list: boot an approved configuration, or add the value to the next release.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_EVENT_UNKNOWN] = { "boot-event-unknown",
		"No rule of the release covers this boot event: boot an approved configuration, or add the event with attestctl release collect.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_BOOT_EVENT_REVOKED] = { "boot-event-revoked",
		"A revoked program or file was used to boot: update it and reboot.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_BOOT_EVENT_TYPE] = { "boot-event-type-unknown",
		"The boot log has an event of a type that no specification names: report the firmware's version with the log.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_EVENT_ORDER] = { "boot-event-order",
		"The boot event stands where it may not, such as a Secure Boot variable or a second separator after the separator: treat the log as altered. A second kernel command line: boot anew, and look who was at GRUB's console.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_PAYLOAD_UNMEASURED] = { "boot-payload-unmeasured",
		"The boot event's data are not what was measured: treat the log as altered.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_BOOT_IMAGE_UNKNOWN] = { "boot-image-unknown",
		"A boot program is not in the release's chain, or not at this place of it: boot approved programs, or add it to the next release.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_BOOT_EVENT_MISSING] = { "boot-event-missing",
		"An event that the release requires did not happen: compare the boot with attestctl bootlog.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_SECURE_BOOT_OFF] = { "secure-boot-off",
		"Switch Secure Boot on in the firmware's setup, and shim's validation with mokutil --enable-validation.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_SECURE_BOOT_MODE] = { "secure-boot-mode",
		"The firmware is in setup or audit mode, where Secure Boot protects nothing: enrol the platform key and leave the mode.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_SECURE_BOOT_KEYS] = { "secure-boot-key-unknown",
		"PK, KEK or db holds a key or hash that the release does not list: restore the approved Secure Boot keys.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_DBX_BELOW_MINIMUM] = { "dbx-below-minimum",
		"The forbidden signatures lack entries that the release requires: update dbx, for example with fwupdmgr.",
		BAD, CLAIM_CONFIGURATION, LAYER_FIRMWARE },
	[REASON_SBAT_BELOW_MINIMUM] = { "sbat-below-minimum",
		"The SBAT revocation level is below the release's: update shim and apply its SBAT policy.",
		BAD, CLAIM_CONFIGURATION, LAYER_BOOT_CHAIN },
	[REASON_CMDLINE_UNKNOWN] = { "cmdline-unknown",
		"The kernel's command line is not one of the release's: restore it, or add it to the next release.",
		BAD, CLAIM_CONFIGURATION, LAYER_KERNEL },
	[REASON_LOCKDOWN_MISSING] = { "lockdown-missing",
		"The kernel is not locked down as the release requires: boot with Secure Boot, or with lockdown=integrity.",
		BAD, CLAIM_CONFIGURATION, LAYER_KERNEL },

	[REASON_IMA_LOG_MISSING] = { "ima-log-missing",
		"The host has no IMA log: boot a kernel with IMA and ima_policy=tcb, and look whether securityfs is mounted.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_LOG_MALFORMED] = { "ima-log-malformed",
		"The IMA log breaks its format: report the kernel's version with the log.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_LOG_GAP] = { "ima-log-gap",
		"The log does not go on where the last one ended: ask for a new challenge and send from its nextEntry on.",
		RETRYABLE, CLAIM_EXECUTABLES, LAYER_NODE },
	[REASON_IMA_LOG_SHORT] = { "ima-log-short",
		"The log ends before the quote does: read it after the quote, ask for a new challenge. If it persists, something extends the IMA PCR outside IMA, or the log was altered.",
		RETRYABLE, CLAIM_EXECUTABLES, LAYER_NODE },
	[REASON_IMA_LOG_PARTIAL] = { "ima-log-partial",
		"The log comes in parts, and this is not the last one: ask for a new challenge and send the next.",
		RETRYABLE, CLAIM_EXECUTABLES, LAYER_NODE },
	[REASON_IMA_LOG_ENDLESS] = { "ima-log-endless",
		"So much of the IMA log was sent, and none of it leads to a quote: look what is measured so often, then reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_NODE },
	[REASON_IMA_PCR_MISMATCH] = { "ima-pcr-mismatch",
		"No part of the IMA log leads to the quoted PCR: the log was altered, or something extended the PCR outside IMA.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_PCR_UNQUOTED] = { "ima-pcr-unquoted",
		"IMA extends a PCR that the node class does not quote: add it to the class's selection, or change the IMA policy.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_TEMPLATE] = { "ima-template-unknown",
		"The entry's template is not one that the release allows: correct ima_template or the IMA policy.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_TEMPLATE_HASH] = { "ima-template-hash-mismatch",
		"The entry's recorded template hash is not that of its data: treat the log as altered.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_AGGREGATE_MISSING] = { "ima-aggregate-missing",
		"The log does not start with boot_aggregate, so it cannot be tied to this boot: send it from entry 0.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_AGGREGATE_MISMATCH] = { "ima-aggregate-mismatch",
		"boot_aggregate is not that of the quoted PCRs: the log belongs to another boot, or IMA uses another bank than the class.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_AGGREGATE_AGAIN] = { "ima-aggregate-again",
		"The log has a second boot_aggregate, as after a kexec that no release lists: reboot the host.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_VIOLATION] = { "ima-violation",
		"A measured file was open for writing at the same time, so its measurement means nothing: correct the IMA policy or the program, and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_VIOLATION_TOLERATED] = { "ima-violation-tolerated",
		"The release tolerates violations, which gives no right: correct the IMA policy so that none arise.",
		WARNING, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_DIGEST_ZERO] = { "ima-digest-zero",
		"The kernel could not hash this file: find out why, and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_DIGEST_ALGORITHM] = { "ima-digest-algorithm",
		"The file's digest is not in the release's algorithm: boot with the ima_hash that the release names.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_ENTRY_UNKNOWN] = { "ima-entry-unknown",
		"A program ran that no release knows: find out who put it there; if it belongs there, add it to a signed release, else reboot without it.",
		BAD, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_ENTRY_CHANGED] = { "ima-entry-changed",
		"A known file ran with other content than any release in force gives it: reinstall its package, or release the update, then reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_ENTRY_ELSEWHERE] = { "ima-entry-elsewhere",
		"Approved content ran from another path than the release gives it: run it from its place, or add the path to a release.",
		WARNING, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_ENTRY_REVOKED] = { "ima-entry-revoked",
		"A revoked file ran: update it and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_ENTRY_EARLY] = { "ima-entry-before-policy",
		"A file ran before the IMA policy was loaded and is not in an early set: load the policy first, or add the file to the early set.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_ENTRY_EXCLUDED] = { "ima-entry-excluded",
		"An exclude covers the entry, which gives no right: list the file in a set instead.",
		WARNING, CLAIM_EXECUTABLES, LAYER_USERLAND },
	[REASON_IMA_POLICY_MISSING] = { "ima-policy-missing",
		"The IMA policy that the release names was never loaded, or the release names none: install it where systemd loads it, and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_POLICY_UNKNOWN] = { "ima-policy-unknown",
		"The IMA policy file has other content than the release gives it: restore it and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_POLICY_NOT_IN_FORCE] = { "ima-policy-not-in-force",
		"The IMA policy file was read, but entries after it do not show its rules in force: load it by its path early in boot, and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_KEY_UNKNOWN] = { "ima-key-unknown",
		"A key that no release lists was added to a kernel keyring: find out who added it, and reboot.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_BUFFER_UNKNOWN] = { "ima-buffer-unknown",
		"The kernel measured data that no rule of the release covers: correct the IMA policy, or pin the data.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_KEXEC] = { "ima-kexec",
		"A kernel or initrd was loaded for kexec, which no release lists: reboot the host through its firmware.",
		BAD, CLAIM_EXECUTABLES, LAYER_KERNEL },
	[REASON_IMA_REQUIRED_MISSING] = { "ima-required-missing",
		"A file that must be loaded was not seen yet: start its service; ask for a new challenge soon.",
		RETRYABLE, CLAIM_EXECUTABLES, LAYER_IDENTITY_MODULE },
	[REASON_IMA_REQUIRED_ABSENT] = { "ima-required-absent",
		"A file that must be loaded never was: start its service, or find out why it does not load.",
		BAD, CLAIM_EXECUTABLES, LAYER_IDENTITY_MODULE },
};
/* clang-format on */

const struct reason_facts *reason_facts(enum reason reason)
{
	if ((unsigned)reason >= REASON_COUNT)
		return &table[REASON_RELEASE_UNUSABLE];
	return &table[reason];
}

enum status reason_coded(struct span code, enum reason *out)
{
	for (unsigned i = 0; i < REASON_COUNT; i++) {
		if (span_equal(code, span_text(table[i].code))) {
			*out = (enum reason)i;
			return OK;
		}
	}
	return STATUS_NOT_FOUND;
}

struct finding finding_of(enum reason reason)
{
	return (struct finding){
		.reason = reason,
		.layer = reason_facts(reason)->layer,
		.entry = FINDING_NO_ENTRY,
	};
}

static void append_text(struct finding *f, const char *text, size_t len)
{
	size_t used = strlen(f->detail);

	if (len > FINDING_DETAIL_MAX - used)
		len = FINDING_DETAIL_MAX - used;
	memcpy(f->detail + used, text, len);
	f->detail[used + len] = '\0';
}

static size_t escaped_size(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != '%' && c != '"' ? 1 : 3;
}

/* Cut before escaping, so that no escape is torn apart. */
static struct span cut_to_fit(const struct finding *f, struct span text)
{
	size_t room = FINDING_DETAIL_MAX - strlen(f->detail);
	size_t len = 0;

	while (len < text.len && escaped_size(text.data[len]) <= room)
		room -= escaped_size(text.data[len++]);
	text.len = len;
	return text;
}

void finding_detail(struct finding *finding, const char *name, struct span text)
{
	AUTO_DONE(bytes) escaped = { 0 };

	if (finding->detail[0] != '\0')
		append_text(finding, " ", 1);
	if (name != NULL) {
		append_text(finding, name, strlen(name));
		if (text.len > 0)
			append_text(finding, " ", 1);
	}
	if (text_append_escaped(&escaped, cut_to_fit(finding, text)) == OK && escaped.len > 0)
		append_text(finding, (const char *)escaped.data, escaped.len);
}

void findings_init(struct findings *findings)
{
	memset(findings, 0, offsetof(struct findings, list));
}

void findings_copy(const struct findings *from, struct findings *to)
{
	memcpy(to, from, offsetof(struct findings, list));
	for (size_t i = 0; i < from->count; i++)
		to->list[i] = from->list[i];
}

static bool is_alike(const struct finding *a, const struct finding *b)
{
	return a->reason == b->reason && a->layer == b->layer;
}

/* Is one like it among the first count of the list? */
static bool has_alike(const struct findings *findings, size_t count, const struct finding *finding)
{
	for (size_t i = 0; i < count; i++)
		if (is_alike(&findings->list[i], finding))
			return true;
	return false;
}

/* Whose place one takes in a full list; NULL: nobody's. */
static struct finding *place_of_repeated(struct findings *findings, bool is_first,
					 enum severity severity)
{
	for (size_t i = FINDINGS_MAX; i-- > 0;) {
		struct finding *f = &findings->list[i];

		if ((is_first || reason_facts(f->reason)->severity < severity) &&
		    has_alike(findings, i, f))
			return f;
	}
	return NULL;
}

static struct finding *place_of_milder(struct findings *findings, enum severity severity)
{
	for (size_t i = 0; i < FINDINGS_MAX; i++)
		if (reason_facts(findings->list[i].reason)->severity < severity)
			return &findings->list[i];
	return NULL;
}

/* Many of one kind, which a host can make at will, hide no other kind. */
static void add_to_full(struct findings *findings, const struct finding *finding)
{
	enum severity severity = reason_facts(finding->reason)->severity;
	bool is_first = !has_alike(findings, FINDINGS_MAX, finding);
	struct finding *place = place_of_repeated(findings, is_first, severity);

	if (place == NULL && is_first)
		place = place_of_milder(findings, severity);
	if (place != NULL)
		*place = *finding;
	if (findings->more < UINT64_MAX)
		findings->more++;
}

void findings_add(struct findings *findings, const struct finding *finding)
{
	const struct reason_facts *facts = reason_facts(finding->reason);

	findings->seen[facts->claim] |= (uint8_t)(1u << facts->severity);
	if (findings->count == FINDINGS_MAX)
		add_to_full(findings, finding);
	else
		findings->list[findings->count++] = *finding;
}

void findings_join(struct findings *to, const struct findings *from)
{
	for (size_t i = 0; i < from->count; i++)
		findings_add(to, &from->list[i]);
	to->more += from->more;
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
		to->seen[claim] |= from->seen[claim];
}

bool findings_have(const struct findings *findings, enum claim claim, enum severity severity)
{
	return (findings->seen[claim] >> severity & 1u) != 0;
}

bool findings_have_any(const struct findings *findings, enum severity severity)
{
	for (unsigned claim = 0; claim < CLAIM_COUNT; claim++)
		if (findings_have(findings, (enum claim)claim, severity))
			return true;
	return false;
}
