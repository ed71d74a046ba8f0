# Unit tests: transparency logs.
if HAVE_CMOCKA
TREE_TESTS = tests/unit/test_tiles tests/unit/test_transparency
check_PROGRAMS += $(TREE_TESTS)
TESTS += $(TREE_TESTS)
NAIVE_TREE = tests/unit/naive_tree.c tests/unit/naive_tree.h tests/unit/unit.h
tests_unit_test_tiles_SOURCES = tests/unit/test_tiles.c $(NAIVE_TREE)
tests_unit_test_tiles_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tiles_LDADD = $(TRANSPARENCY_LIBS) $(CMOCKA_LIBS)
tests_unit_test_transparency_SOURCES = tests/unit/test_transparency.c $(NAIVE_TREE)
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
