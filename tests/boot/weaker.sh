# SPDX-License-Identifier: Apache-2.0
# The same disk, booted weaker than its release says; sourced, not run.

scenario_no_boot_log() {
	local variables=${firmware_variables/.ms/}
	judged_machine
	is_refused boot-log-missing boot-chain Bo "use linuxefi and initrdefi"
	machine_off
	booted=
	said="Secure Boot off and GRUB's linux: boot-log-missing, refused, and what to change is said"
}
