/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target over files: how a corpus is replayed by any compiler. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	long len = -1;
	int failed = 1;

	if (file == NULL) {
		perror(path);
		return 1;
	}
	if (fseek(file, 0, SEEK_END) == 0)
		len = ftell(file);
	if (len >= 0 && fseek(file, 0, SEEK_SET) == 0) {
		/* The exact size, so that the sanitizer sees an over-read. */
		uint8_t *data = malloc(len > 0 ? (size_t)len : 1);

		if (data != NULL && fread(data, 1, (size_t)len, file) == (size_t)len) {
			(void)LLVMFuzzerTestOneInput(data, (size_t)len);
			failed = 0;
		}
		free(data);
	}
	if (fclose(file) != 0 || failed)
		fprintf(stderr, "%s: could not be read\n", path);
	return failed;
}

int main(int argc, char **argv)
{
	int failures = 0;

	for (int i = 1; i < argc; i++)
		failures += replay(argv[i]);
	return failures == 0 && argc > 1 ? 0 : 1;
}
