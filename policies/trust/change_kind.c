/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/change_kind.h"

#include "policies/reference/set_file.h"

const char *const change_class_names[] = { "low-risk", "trust-impacting", NULL };

static const struct {
	const char *name;
	const char *words;
	bool may_be_low_risk;
} kinds[CHANGE_KINDS] = {
	[CHANGE_FIRST_RELEASE] = { "first-release", "the first release of its cell", false },
	[CHANGE_OTHER] = { "other", "something else", false },
	[CHANGE_LINE] = { "line", "the release line", false },
	[CHANGE_PLATFORM] = { "platform", "the platform", false },
	[CHANGE_KERNEL] = { "kernel", "the kernel", false },
	[CHANGE_EPOCH] = { "security-epoch", "the security epoch", false },
	[CHANGE_LIFETIME] = { "lifetime", "the time of validity", true },
	[CHANGE_ROLLBACK_TO] = { "rollback-to", "versions to roll back to", true },
	[CHANGE_EVIDENCE] = { "evidence", "provenance and validation", true },
	[CHANGE_SECURE_BOOT] = { "secure-boot", "Secure Boot", false },
	[CHANGE_LOCKDOWN] = { "lockdown", "kernel lockdown", false },
	[CHANGE_FIRMWARE_KEY] = { "firmware-key", "Secure Boot keys", false },
	[CHANGE_FIRMWARE_MINIMUM] = { "firmware-minimum", "what firmware has to forbid", false },
	[CHANGE_BOOT_IMAGE] = { "boot-image", "images of the boot chain", false },
	[CHANGE_BOOT_EVENT] = { "boot-event", "boot events", false },
	[CHANGE_IGNORE_WIDENED] = { "ignore-widened", "boot events that are ignored", false },
	[CHANGE_IGNORE_NARROWED] = { "ignore-narrowed", "boot events that are no longer ignored",
				     false },
	[CHANGE_COMMAND_LINE] = { "command-line", "the kernel's command line", false },
	[CHANGE_INITRD] = { "initrd", "the initial RAM disk", false },
	[CHANGE_PCR_VALUE] = { "pcr-value", "final PCR values", false },
	[CHANGE_IMA_TEMPLATE] = { "ima-template", "IMA templates", false },
	[CHANGE_IMA_POLICY] = { "ima-policy", "the IMA policy", false },
	[CHANGE_VIOLATIONS] = { "violations", "what IMA violations lead to", false },
	[CHANGE_BUILTIN_POLICY] = { "builtin-policy", "whether IMA's built-in policy will do",
				    false },
	[CHANGE_MODULES_DISABLED] = { "modules-disabled", "whether modules can be loaded", false },
	[CHANGE_EARLY_SET] = { "early-set", "sets that may run before the IMA policy", false },
	[CHANGE_KEYRING] = { "keyring", "keys of the kernel's keyrings", false },
	[CHANGE_EXCLUDE_WIDENED] = { "exclude-widened", "places that are excluded", false },
	[CHANGE_EXCLUDE_NARROWED] = { "exclude-narrowed", "places that are no longer excluded",
				      false },
	[CHANGE_SET_CLASS] = { "set-class", "the class of a set", false },
	[CHANGE_MUST_APPEAR] = { "must-appear", "files that must have been loaded", false },
	[CHANGE_BASE_FILE_ADDED] = { "base-file-added", "files added", true },
	[CHANGE_BASE_FILE_REMOVED] = { "base-file-removed", "files removed", true },
	[CHANGE_BASE_FILE_CHANGED] = { "base-file-changed", "files changed", true },
	[CHANGE_PRIVILEGED_FILE] = { "privileged-file", "files that privilege rests on", false },
	[CHANGE_IDENTITY_FILE] = { "identity-file", "files of the identity module", false },
	[CHANGE_ENFORCEMENT_FILE] = { "enforcement-file", "files of the enforcement code", false },
	[CHANGE_KERNEL_FILE] = { "kernel-file", "files of the kernel", false },
	[CHANGE_VENDOR_FILE] = { "vendor-file", "files that a vendor delivered", false },
	[CHANGE_EARLY_FILE] = { "early-file", "files that may run before the IMA policy", false },
};

const char *change_kind_name(enum change_kind kind)
{
	return kinds[kind].name;
}

const char *change_kind_words(enum change_kind kind)
{
	return kinds[kind].words;
}

enum status change_kind_named(struct span name, enum change_kind *out)
{
	for (size_t i = 0; i < CHANGE_KINDS; i++) {
		if (!span_equal(name, span_text(kinds[i].name)))
			continue;
		*out = (enum change_kind)i;
		return OK;
	}
	return STATUS_NOT_FOUND;
}

bool change_kind_may_be_low_risk(enum change_kind kind)
{
	return kinds[kind].may_be_low_risk;
}

/* Fields by their names, most specific first. What is not here is CHANGE_OTHER:
 * a field that comes later touches trust until somebody has thought about it. */
static const struct {
	const char *field;
	enum change_kind narrower, wider;
} fields[] = {
	{ "line", CHANGE_LINE, CHANGE_LINE },
	{ "target.platform", CHANGE_PLATFORM, CHANGE_PLATFORM },
	{ "target.kernel", CHANGE_KERNEL, CHANGE_KERNEL },
	{ "securityEpoch", CHANGE_EPOCH, CHANGE_EPOCH },
	{ "notBefore", CHANGE_LIFETIME, CHANGE_LIFETIME },
	{ "notAfter", CHANGE_LIFETIME, CHANGE_LIFETIME },
	{ "rollbackTo", CHANGE_ROLLBACK_TO, CHANGE_ROLLBACK_TO },
	{ "evidence.provenance", CHANGE_EVIDENCE, CHANGE_EVIDENCE },
	{ "evidence.validation", CHANGE_EVIDENCE, CHANGE_EVIDENCE },
	{ "boot.secureBoot", CHANGE_SECURE_BOOT, CHANGE_SECURE_BOOT },
	{ "boot.lockdown", CHANGE_LOCKDOWN, CHANGE_LOCKDOWN },
	{ "boot.pk", CHANGE_FIRMWARE_KEY, CHANGE_FIRMWARE_KEY },
	{ "boot.kek", CHANGE_FIRMWARE_KEY, CHANGE_FIRMWARE_KEY },
	{ "boot.db", CHANGE_FIRMWARE_KEY, CHANGE_FIRMWARE_KEY },
	{ "boot.dbxMinimum", CHANGE_FIRMWARE_MINIMUM, CHANGE_FIRMWARE_MINIMUM },
	{ "boot.sbatMinimum", CHANGE_FIRMWARE_MINIMUM, CHANGE_FIRMWARE_MINIMUM },
	{ "boot.chain", CHANGE_BOOT_IMAGE, CHANGE_BOOT_IMAGE },
	{ "boot.events", CHANGE_BOOT_EVENT, CHANGE_BOOT_EVENT },
	{ "boot.ignore", CHANGE_IGNORE_NARROWED, CHANGE_IGNORE_WIDENED },
	{ "boot.cmdline", CHANGE_COMMAND_LINE, CHANGE_COMMAND_LINE },
	{ "boot.initrd", CHANGE_INITRD, CHANGE_INITRD },
	{ "boot.pcrs", CHANGE_PCR_VALUE, CHANGE_PCR_VALUE },
	{ "ima.templates", CHANGE_IMA_TEMPLATE, CHANGE_IMA_TEMPLATE },
	{ "ima.hash", CHANGE_IMA_TEMPLATE, CHANGE_IMA_TEMPLATE },
	{ "ima.policy", CHANGE_IMA_POLICY, CHANGE_IMA_POLICY },
	{ "ima.violations", CHANGE_VIOLATIONS, CHANGE_VIOLATIONS },
	{ "ima.allowBuiltinPolicy", CHANGE_BUILTIN_POLICY, CHANGE_BUILTIN_POLICY },
	{ "ima.modulesDisabled", CHANGE_MODULES_DISABLED, CHANGE_MODULES_DISABLED },
	{ "ima.early", CHANGE_EARLY_SET, CHANGE_EARLY_SET },
	{ "ima.keyrings", CHANGE_KEYRING, CHANGE_KEYRING },
	{ "ima.exclude", CHANGE_EXCLUDE_NARROWED, CHANGE_EXCLUDE_WIDENED },
	{ "ima.sets.class", CHANGE_SET_CLASS, CHANGE_SET_CLASS },
	{ "ima.sets.vendor", CHANGE_VENDOR_FILE, CHANGE_VENDOR_FILE },
	{ "ima.sets.mustAppear", CHANGE_MUST_APPEAR, CHANGE_MUST_APPEAR },
};

static bool is_within(struct span field, const char *whole)
{
	size_t len = strlen(whole);

	return span_starts_with(field, whole) && (field.len == len || field.data[len] == '.');
}

enum change_kind change_kind_of_field(struct span field, bool is_wider)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (is_within(field, fields[i].field))
			return is_wider ? fields[i].wider : fields[i].narrower;
	return CHANGE_OTHER;
}

/* Below these. Paths without "/usr", which merged systems have in front. */
static const char *const privileged_places[] = {
	"/lib/modules",		"/lib/firmware",
	"/lib/systemd",		"/lib/security",
	"/lib/polkit-1",	"/lib/dbus-1.0",
	"/lib/initramfs-tools", "/lib/dracut",
	"/lib/kernel",		"/lib/modprobe.d",
	"/lib/sysctl.d",	"/lib/udev",
	"/lib/openssh",		"/lib/sudo",
	"/libexec/sudo",	"/libexec/openssh",
	"/libexec/polkit-1",	"/share/initramfs-tools",
	"/share/polkit-1",	"/etc",
};

/* Files of these names, wherever they lie. */
static const char *const privileged_names[] = {
	"sudo",	       "sudoedit",    "visudo",
	"su",	       "runuser",     "setpriv",
	"doas",	       "pkexec",      "polkitd",
	"passwd",      "chsh",	      "chfn",
	"newgrp",      "newuidmap",   "newgidmap",
	"mount",       "umount",      "fusermount",
	"fusermount3", "login",	      "sshd",
	"init",	       "systemd",     "kmod",
	"modprobe",    "insmod",      "kexec",
	"unshare",     "nsenter",     "bwrap",
	"unix_chkpwd", "dbus-daemon", "dbus-daemon-launch-helper",
	"capsh",       "setcap",
};

/* Files whose names start so: the loader and libraries that check passwords. */
static const char *const privileged_prefixes[] = {
	"ld-linux",   "ld-",	     "ld.so",	 "ld64.so", "libc.so",
	"libc-",      "libpam",	     "libnss_",	 "pam_",    "libsystemd",
	"libselinux", "libapparmor", "libaudit", "libcap",  "libpolkit",
};

static bool is_kernel_object(struct span name)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz", ".efi" };

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		size_t len = strlen(ends[i]);

		if (name.len > len && memcmp(name.data + name.len - len, ends[i], len) == 0)
			return true;
	}
	return false;
}

static struct span file_name(struct span path)
{
	size_t at = path.len;

	while (at > 0 && path.data[at - 1] != '/')
		at--;
	return (struct span){ .data = path.data + at, .len = path.len - at };
}

bool path_is_privileged(struct span path)
{
	struct span name = file_name(path);

	if (path_is_within(path, span_text("/usr"))) {
		path.data += 4;
		path.len -= 4;
	}
	for (size_t i = 0; i < sizeof(privileged_places) / sizeof(privileged_places[0]); i++)
		if (path_is_within(path, span_text(privileged_places[i])))
			return true;
	for (size_t i = 0; i < sizeof(privileged_names) / sizeof(privileged_names[0]); i++)
		if (span_equal(name, span_text(privileged_names[i])))
			return true;
	for (size_t i = 0; i < sizeof(privileged_prefixes) / sizeof(privileged_prefixes[0]); i++)
		if (span_starts_with(name, privileged_prefixes[i]))
			return true;
	return is_kernel_object(name);
}
