/* SPDX-License-Identifier: Apache-2.0 */
/* GRUB's image, its memory disk and the script in it. */
#include "unit.h"

#include "image_maker.h"
#include "log_bytes.h"
#include "policies/artifacts/fat_image.h"
#include "policies/artifacts/grub_image.h"

static void make_grub(const char *config, struct bytes *file)
{
	AUTO_DONE(bytes) script = { 0 };
	AUTO_DONE(bytes) disk = { 0 };
	AUTO_DONE(bytes) modules = { 0 };

	for (int i = 0; i < 60; i++)
		put(&script, span_text("echo more than two clusters\n"));
	make_fat("GRUB    CFG", span_of(&script), &disk);
	make_grub_modules("/EFI/debian", config, span_of(&disk), &modules);
	const struct made_section sections[] = { { "mods", span_of(&modules) } };
	make_image(sections, 1, file);
}

static enum status grub_script_of(const struct bytes *file, struct grub_image *grub,
				  struct bytes *script)
{
	struct pe_image image;

	assert_int_equal(pe_image_parse(span_of(file), &image), OK);
	assert_int_equal(grub_image_parse(&image, grub), OK);
	return grub_image_script(grub, script);
}

static void a_grub_gives_the_script_of_its_memory_disk(void **state)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(bytes) script = { 0 };
	struct grub_image grub;
	(void)state;

	make_grub("normal (memdisk)/grub.cfg\n", &file);
	assert_int_equal(grub_script_of(&file, &grub, &script), OK);
	assert_true(span_equal(grub.prefix, span_text("/EFI/debian")));
	assert_int_equal(script.len, 60 * 28);
	assert_memory_equal(script.data + 59 * 28, "echo more than two clusters\n", 28);
}

static void a_grub_that_starts_otherwise_is_not_predicted(void **state)
{
	AUTO_DONE(bytes) odd = { 0 };
	AUTO_DONE(bytes) none = { 0 };
	AUTO_DONE(bytes) script = { 0 };
	struct grub_image grub;
	(void)state;

	make_grub("search.fs_uuid 1234 root\n", &odd);
	make_grub(NULL, &none);
	assert_int_equal(grub_script_of(&odd, &grub, &script), STATUS_UNSUPPORTED);
	assert_int_equal(grub_script_of(&none, &grub, &script), STATUS_NOT_FOUND);
}

static void a_memory_disk_that_goes_in_circles_ends(void **state)
{
	AUTO_DONE(bytes) disk = { 0 };
	AUTO_DONE(bytes) out = { 0 };
	struct fat_image fat;
	(void)state;

	make_fat("GRUB    CFG", span_text("content"), &disk);
	/* The file claims more than its one cluster, which is its own successor. */
	disk.data[512 + 3] = 2;
	disk.data[512 + 4] &= 0xf0;
	disk.data[1024 + 32 + 30] = 0xff;
	assert_int_equal(fat_image_open(span_of(&disk), &fat), OK);
	assert_int_equal(fat_image_read(&fat, "GRUB    CFG", 1 << 16, &out), STATUS_TOO_LARGE);
	assert_int_equal(fat_image_read(&fat, "OTHER   CFG", 1 << 16, &out), STATUS_NOT_FOUND);
	disk.data[1024 + 32 + 30] = 0;
	disk.data[1024 + 32 + 29] = 0x10;
	assert_int_equal(fat_image_read(&fat, "GRUB    CFG", 1 << 16, &out), OK);
	assert_int_equal(out.len, 0x1000 + 7);
}

static void every_truncation_of_a_memory_disk_is_refused(void **state)
{
	AUTO_DONE(bytes) disk = { 0 };
	(void)state;

	make_fat("GRUB    CFG", span_text("content"), &disk);
	for (size_t len = 0; len < disk.len; len++) {
		struct fat_image fat;

		assert_int_not_equal(fat_image_open((struct span){ disk.data, len }, &fat), OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grub_gives_the_script_of_its_memory_disk),
		cmocka_unit_test(a_grub_that_starts_otherwise_is_not_predicted),
		cmocka_unit_test(a_memory_disk_that_goes_in_circles_ends),
		cmocka_unit_test(every_truncation_of_a_memory_disk_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
