# Unit tests: policies.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_reference
TESTS += tests/unit/test_reference
tests_unit_test_reference_SOURCES = tests/unit/test_reference.c tests/unit/unit.h
tests_unit_test_reference_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_reference_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)
endif
