# Attacks: the IMA log (i).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_ima
tests_attacks_test_attacks_ima_SOURCES = tests/attacks/test_attacks_ima.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_ima_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_ima_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_ima_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ima_log_next,--wrap=reference_set_has_digest

ATTACK_TESTS += tests/attacks/test_attacks_parts
tests_attacks_test_attacks_parts_SOURCES = tests/attacks/test_attacks_parts.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_parts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_parts_LDADD = $(APPRAISAL_TEST_LIBS)
endif
