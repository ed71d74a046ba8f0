# Fuzz targets: what machines are built from.
FUZZ_TARGETS += tests/fuzz/fuzz_pe_image tests/fuzz/fuzz_fat_image tests/fuzz/fuzz_firmware_variables \
	tests/fuzz/fuzz_cpio_archive tests/fuzz/fuzz_elf_image tests/fuzz/fuzz_file_tree \
	tests/fuzz/fuzz_grub_script tests/fuzz/fuzz_ima_policy tests/fuzz/fuzz_package_text
EXTRA_DIST += tests/fuzz/corpus/pe_image tests/fuzz/corpus/fat_image tests/fuzz/corpus/firmware_variables \
	tests/fuzz/corpus/cpio_archive tests/fuzz/corpus/elf_image tests/fuzz/corpus/file_tree \
	tests/fuzz/corpus/grub_script tests/fuzz/corpus/ima_policy tests/fuzz/corpus/package_text
tests_fuzz_fuzz_pe_image_SOURCES = tests/fuzz/fuzz_pe_image.c
tests_fuzz_fuzz_pe_image_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_pe_image_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_fat_image_SOURCES = tests/fuzz/fuzz_fat_image.c
tests_fuzz_fuzz_fat_image_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_fat_image_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_firmware_variables_SOURCES = tests/fuzz/fuzz_firmware_variables.c
tests_fuzz_fuzz_firmware_variables_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_firmware_variables_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_file_tree_SOURCES = tests/fuzz/fuzz_file_tree.c
tests_fuzz_fuzz_file_tree_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_file_tree_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_package_text_SOURCES = tests/fuzz/fuzz_package_text.c
tests_fuzz_fuzz_package_text_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_package_text_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_cpio_archive_SOURCES = tests/fuzz/fuzz_cpio_archive.c
tests_fuzz_fuzz_cpio_archive_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cpio_archive_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_elf_image_SOURCES = tests/fuzz/fuzz_elf_image.c
tests_fuzz_fuzz_elf_image_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_elf_image_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_grub_script_SOURCES = tests/fuzz/fuzz_grub_script.c
tests_fuzz_fuzz_grub_script_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_grub_script_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
tests_fuzz_fuzz_ima_policy_SOURCES = tests/fuzz/fuzz_ima_policy.c
tests_fuzz_fuzz_ima_policy_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_policy_LDADD = $(FUZZ_MAIN) $(ARTIFACTS_LIBS)
