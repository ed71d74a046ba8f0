# Unit tests: messages.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_strict_json
TESTS += tests/unit/test_strict_json
tests_unit_test_strict_json_SOURCES = tests/unit/test_strict_json.c tests/unit/unit.h
tests_unit_test_strict_json_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_strict_json_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
endif
