# Fuzz targets: what a TPM says.
FUZZ_TARGETS += tests/fuzz/fuzz_attest tests/fuzz/fuzz_pcr_selection \
	tests/fuzz/fuzz_public_area tests/fuzz/fuzz_signature
EXTRA_DIST += tests/fuzz/corpus/attest tests/fuzz/corpus/pcr_selection \
	tests/fuzz/corpus/public_area tests/fuzz/corpus/signature
tests_fuzz_fuzz_attest_SOURCES = tests/fuzz/fuzz_attest.c
tests_fuzz_fuzz_attest_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_attest_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_pcr_selection_SOURCES = tests/fuzz/fuzz_pcr_selection.c
tests_fuzz_fuzz_pcr_selection_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_pcr_selection_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_public_area_SOURCES = tests/fuzz/fuzz_public_area.c
tests_fuzz_fuzz_public_area_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_public_area_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_signature_SOURCES = tests/fuzz/fuzz_signature.c
tests_fuzz_fuzz_signature_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signature_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
