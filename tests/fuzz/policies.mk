# Fuzz targets: policies.
FUZZ_TARGETS += tests/fuzz/fuzz_dsse tests/fuzz/fuzz_reference tests/fuzz/fuzz_release \
	tests/fuzz/fuzz_set_file
tests_fuzz_fuzz_reference_SOURCES = tests/fuzz/fuzz_reference.c $(FUZZ_MAIN)
tests_fuzz_fuzz_reference_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_reference_LDADD = $(POLICIES_LIBS)
tests_fuzz_fuzz_set_file_SOURCES = tests/fuzz/fuzz_set_file.c $(FUZZ_MAIN)
tests_fuzz_fuzz_set_file_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_set_file_LDADD = $(POLICIES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/dsse tests/fuzz/corpus/release tests/fuzz/corpus/reference tests/fuzz/corpus/set_file
tests_fuzz_fuzz_dsse_SOURCES = tests/fuzz/fuzz_dsse.c $(FUZZ_MAIN)
tests_fuzz_fuzz_dsse_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_dsse_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dsse_LDADD = $(POLICIES_LIBS)
tests_fuzz_fuzz_release_SOURCES = tests/fuzz/fuzz_release.c $(FUZZ_MAIN)
tests_fuzz_fuzz_release_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_release_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_release_LDADD = $(POLICIES_LIBS)
