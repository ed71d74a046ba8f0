# Unit tests: transparency logs.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_transparency
TESTS += tests/unit/test_transparency
tests_unit_test_transparency_SOURCES = tests/unit/test_transparency.c tests/unit/unit.h
tests_unit_test_transparency_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_transparency_LDADD = $(TRANSPARENCY_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_log_texts
TESTS += tests/unit/test_log_texts
tests_unit_test_log_texts_SOURCES = tests/unit/test_log_texts.c tests/unit/unit.h
tests_unit_test_log_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_log_texts_LDADD = $(TRANSPARENCY_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_verdict_log
TESTS += tests/unit/test_verdict_log
tests_unit_test_verdict_log_SOURCES = tests/unit/test_verdict_log.c tests/unit/unit.h
tests_unit_test_verdict_log_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_verdict_log_LDADD = $(SIGNER_TEST_LIBS)
endif
