# Attacks: the boot log (b).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_accepted tests/attacks/test_attacks_boot \
	tests/attacks/test_attacks_boot_bytes
tests_attacks_test_attacks_accepted_SOURCES = tests/attacks/test_attacks_accepted.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_accepted_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_accepted_LDADD = $(APPRAISAL_TEST_LIBS)
libappraisalscene_a_SOURCES += tests/attacks/boot_scene.c
BOOT_SCENE = tests/attacks/boot_scene.h $(APPRAISAL_SCENE)
tests_attacks_test_attacks_boot_SOURCES = tests/attacks/test_attacks_boot.c $(BOOT_SCENE)
tests_attacks_test_attacks_boot_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_boot_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_boot_bytes_SOURCES = tests/attacks/test_attacks_boot_bytes.c $(BOOT_SCENE)
tests_attacks_test_attacks_boot_bytes_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_boot_bytes_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_boot_bytes_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=boot_log_next,--wrap=hasher_digest,--wrap=hasher_extend \
	-Wl,--wrap=reference_digest,--wrap=reference_range_has_digest
endif
