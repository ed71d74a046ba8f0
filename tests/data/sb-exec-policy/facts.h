/* SPDX-License-Identifier: Apache-2.0 */
/* Made by tests/boot/capture with the files beside it: what tpm2_eventlog, tpm2_print,
 * tpm2_getcap and the kernel's own text say of them. */
/* clang-format off */
#ifndef TESTS_DATA_FACTS_H
#define TESTS_DATA_FACTS_H

#define CAPTURE_KERNEL "6.1.0-56-cloud-amd64"
#define CAPTURE_CMDLINE "console=ttyS0 root=/dev/vda2 ima_policy=tcb net.ifnames=0 panic=-1"
#define CAPTURE_BOOT_EVENTS 50
#define CAPTURE_GRUB_EVENT 33
#define CAPTURE_INITRD_EVENT 46
#define CAPTURE_SHIM_SIZE 1048504
#define CAPTURE_IMA_ENTRIES 114
#define CAPTURE_POLICY_ENTRY 41
#define CAPTURE_EARLY_LIBRARY "/usr/lib/x86_64-linux-gnu/libgpg-error.so.0.33.1"
#define CAPTURE_MODULE "/usr/lib/modules/6.1.0-56-cloud-amd64/kernel/drivers/net/nlmon.ko"
#define CAPTURE_CLOCK 248011
#define CAPTURE_RESET_COUNT 2
#define CAPTURE_RESTART_COUNT 0
#define CAPTURE_FIRMWARE_VERSION 0x2019102300163636

#endif
