# Attacks: the IMA log (i).
if HAVE_CMOCKA
libappraisalscene_a_SOURCES += tests/attacks/log_scene.c
LOG_SCENE = tests/attacks/log_scene.h $(APPRAISAL_SCENE)
LOG_SCENE_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
ATTACK_TESTS += tests/attacks/test_attacks_ima tests/attacks/test_attacks_ima_rules \
	tests/attacks/test_attacks_ima_size
tests_attacks_test_attacks_ima_SOURCES = tests/attacks/test_attacks_ima.c $(LOG_SCENE)
tests_attacks_test_attacks_ima_CPPFLAGS = $(LOG_SCENE_CPPFLAGS)
tests_attacks_test_attacks_ima_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_ima_rules_SOURCES = tests/attacks/test_attacks_ima_rules.c $(LOG_SCENE)
tests_attacks_test_attacks_ima_rules_CPPFLAGS = $(LOG_SCENE_CPPFLAGS)
tests_attacks_test_attacks_ima_rules_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_ima_size_SOURCES = tests/attacks/test_attacks_ima_size.c $(LOG_SCENE)
tests_attacks_test_attacks_ima_size_CPPFLAGS = $(LOG_SCENE_CPPFLAGS)
tests_attacks_test_attacks_ima_size_LDADD = $(APPRAISAL_TEST_LIBS)
tests_attacks_test_attacks_ima_size_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=ima_log_next,--wrap=reference_set_has_digest

ATTACK_TESTS += tests/attacks/test_attacks_parts
tests_attacks_test_attacks_parts_SOURCES = tests/attacks/test_attacks_parts.c $(APPRAISAL_SCENE)
tests_attacks_test_attacks_parts_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_parts_LDADD = $(APPRAISAL_TEST_LIBS)
endif
