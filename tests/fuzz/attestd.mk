# Fuzz targets: attestd.
FUZZ_TARGETS += tests/fuzz/fuzz_broker tests/fuzz/fuzz_svid_profile
tests_fuzz_fuzz_broker_SOURCES = tests/fuzz/fuzz_broker.c $(FUZZ_MAIN)
tests_fuzz_fuzz_broker_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_LDADD = $(BROKER_LIBS)
tests_fuzz_fuzz_svid_profile_SOURCES = tests/fuzz/fuzz_svid_profile.c $(FUZZ_MAIN)
tests_fuzz_fuzz_svid_profile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_svid_profile_LDADD = $(ATTESTD_LIBS)
EXTRA_DIST += tests/fuzz/corpus/broker tests/fuzz/corpus/svid_profile
