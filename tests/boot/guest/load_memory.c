/* SPDX-License-Identifier: Apache-2.0 */
/* Loads a module from memory: to the kernel it has no file, and no path. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct stat file;
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	void *module = MAP_FAILED;

	if (fd >= 0 && fstat(fd, &file) == 0)
		module = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (module == MAP_FAILED ||
	    syscall(SYS_init_module, module, (unsigned long)file.st_size, "") != 0) {
		perror("load_memory");
		return 1;
	}
	return 0;
}
