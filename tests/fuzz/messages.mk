# Fuzz targets: messages.
FUZZ_TARGETS += tests/fuzz/fuzz_strict_json
tests_fuzz_fuzz_strict_json_SOURCES = tests/fuzz/fuzz_strict_json.c $(FUZZ_MAIN)
tests_fuzz_fuzz_strict_json_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_strict_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_strict_json_LDADD = $(MESSAGES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/strict_json
