# Fuzz targets: EK certificates.
FUZZ_TARGETS += tests/fuzz/fuzz_ek_certificate
EXTRA_DIST += tests/fuzz/corpus/ek_certificate
tests_fuzz_fuzz_ek_certificate_SOURCES = tests/fuzz/fuzz_ek_certificate.c $(FUZZ_MAIN)
tests_fuzz_fuzz_ek_certificate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ek_certificate_LDADD = $(TPM_LIBS)
