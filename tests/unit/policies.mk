# Unit tests: policies.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_reference
TESTS += tests/unit/test_reference
tests_unit_test_reference_SOURCES = tests/unit/test_reference.c tests/unit/unit.h
tests_unit_test_reference_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_reference_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_reference_bounds
TESTS += tests/unit/test_reference_bounds
tests_unit_test_reference_bounds_SOURCES = tests/unit/test_reference_bounds.c tests/unit/unit.h
tests_unit_test_reference_bounds_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_reference_bounds_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_file_table
TESTS += tests/unit/test_file_table
tests_unit_test_file_table_SOURCES = tests/unit/test_file_table.c tests/unit/unit.h
tests_unit_test_file_table_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_file_table_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_difference
TESTS += tests/unit/test_difference
tests_unit_test_difference_SOURCES = tests/unit/test_difference.c tests/unit/unit.h
tests_unit_test_difference_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_difference_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_provenance
TESTS += tests/unit/test_provenance
tests_unit_test_provenance_SOURCES = tests/unit/test_provenance.c $(RELEASE_LINE)
tests_unit_test_provenance_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_provenance_LDADD = $(RELEASE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_drift
TESTS += tests/unit/test_drift
tests_unit_test_drift_SOURCES = tests/unit/test_drift.c tests/unit/unit.h tools/release/release_drift.c \
	tools/release/release_drift.h tools/release/release_drift_vendors.c tools/release/release_scopes.c
tests_unit_test_drift_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_drift_LDADD = $(POLICIES_LIBS) libbase.a $(JANSSON_LIBS) $(CRYPTO_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_vendor
TESTS += tests/unit/test_vendor
tests_unit_test_vendor_SOURCES = tests/unit/test_vendor.c $(RELEASE_LINE)
tests_unit_test_vendor_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_vendor_LDADD = $(RELEASE_TEST_LIBS)
check_PROGRAMS += tests/unit/test_release
TESTS += tests/unit/test_release
libscenes_a_SOURCES += tests/unit/release_difference.c tests/unit/release_line.c \
	tests/unit/release_outcome.c tests/unit/release_people.c
RELEASE_LINE = tests/unit/release_line.h tests/unit/release_outcome.h tests/unit/unit.h
RELEASE_TEST_LIBS = libscenes.a $(POLICIES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_release_shapes
TESTS += tests/unit/test_release_shapes
tests_unit_test_release_shapes_SOURCES = tests/unit/test_release_shapes.c $(RELEASE_LINE)
tests_unit_test_release_shapes_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_release_shapes_LDADD = $(RELEASE_TEST_LIBS)
tests_unit_test_release_SOURCES = tests/unit/test_release.c $(RELEASE_LINE)
tests_unit_test_release_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_unit_test_release_LDADD = $(RELEASE_TEST_LIBS)

check_PROGRAMS += tests/unit/test_dsse
TESTS += tests/unit/test_dsse
tests_unit_test_dsse_SOURCES = tests/unit/test_dsse.c tests/unit/unit.h
tests_unit_test_dsse_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_dsse_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)
endif
