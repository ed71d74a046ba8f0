/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a copy of a program that has no file: execution that leaves no path behind. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	struct stat file;
	int from = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	int to = memfd_create("unknown", MFD_CLOEXEC);

	if (from < 0 || to < 0 || fstat(from, &file) != 0 ||
	    sendfile(to, from, NULL, (size_t)file.st_size) != file.st_size) {
		perror("run_memfd");
		return 1;
	}
	fexecve(to, argv + 1, environ);
	perror("run_memfd");
	return 1;
}
