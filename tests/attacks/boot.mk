# Attacks: the boot log (b).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_accepted tests/attacks/test_attacks_boot
tests_attacks_test_attacks_accepted_SOURCES = tests/attacks/test_attacks_accepted.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_accepted_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_accepted_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_boot_SOURCES = tests/attacks/test_attacks_boot.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_boot_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_boot_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_boot_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=boot_log_next,--wrap=hasher_digest,--wrap=hasher_extend
endif
