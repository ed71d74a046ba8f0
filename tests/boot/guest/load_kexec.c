/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a file to the kernel as the next kernel. */
#include <fcntl.h>
#include <linux/kexec.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;

	if (fd < 0 || syscall(SYS_kexec_file_load, fd, -1, 1UL, "", KEXEC_FILE_NO_INITRAMFS) != 0) {
		perror("load_kexec");
		return 1;
	}
	return 0;
}
