# Unit tests: what machines are built from.
if HAVE_CMOCKA
IMAGE_TESTS = tests/unit/test_artifacts tests/unit/test_grub_image tests/unit/test_pe_image
check_PROGRAMS += $(IMAGE_TESTS)
TESTS += $(IMAGE_TESTS)
IMAGE_MAKER = tests/unit/image_maker.c tests/unit/image_maker.h tests/unit/log_bytes.h \
	tests/unit/unit.h
IMAGE_TEST_LIBS = $(ARTIFACTS_LIBS) libdaemon.a $(BASE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_artifacts_SOURCES = tests/unit/test_artifacts.c $(IMAGE_MAKER)
tests_unit_test_artifacts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_artifacts_LDADD = $(IMAGE_TEST_LIBS)
tests_unit_test_grub_image_SOURCES = tests/unit/test_grub_image.c $(IMAGE_MAKER)
tests_unit_test_grub_image_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_grub_image_LDADD = $(IMAGE_TEST_LIBS)
tests_unit_test_pe_image_SOURCES = tests/unit/test_pe_image.c $(IMAGE_MAKER)
tests_unit_test_pe_image_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_pe_image_LDADD = $(IMAGE_TEST_LIBS)

check_PROGRAMS += tests/unit/test_grub_script
TESTS += tests/unit/test_grub_script
tests_unit_test_grub_script_SOURCES = tests/unit/test_grub_script.c tests/unit/unit.h
tests_unit_test_grub_script_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_grub_script_LDADD = $(ARTIFACTS_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_file_tree tests/unit/test_package_text
TESTS += tests/unit/test_file_tree tests/unit/test_package_text
tests_unit_test_file_tree_SOURCES = tests/unit/test_file_tree.c tests/unit/unit.h
tests_unit_test_file_tree_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_file_tree_LDADD = $(ARTIFACTS_LIBS) $(CMOCKA_LIBS)
tests_unit_test_package_text_SOURCES = tests/unit/test_package_text.c tests/unit/unit.h
tests_unit_test_package_text_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_package_text_LDADD = $(ARTIFACTS_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_ima_policy
TESTS += tests/unit/test_ima_policy
tests_unit_test_ima_policy_SOURCES = tests/unit/test_ima_policy.c tests/unit/unit.h
tests_unit_test_ima_policy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ima_policy_LDADD = $(ARTIFACTS_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_rescue_shell
TESTS += tests/unit/test_rescue_shell
tests_unit_test_rescue_shell_SOURCES = tests/unit/test_rescue_shell.c tests/unit/unit.h
tests_unit_test_rescue_shell_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_rescue_shell_LDADD = $(ARTIFACTS_LIBS) $(CMOCKA_LIBS)
endif
