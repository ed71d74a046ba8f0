# Fuzz targets: certificates of TPM makers.
FUZZ_TARGETS += tests/fuzz/fuzz_certificate tests/fuzz/fuzz_spki \
	tests/fuzz/fuzz_certificate_signature tests/fuzz/fuzz_ek_certificate tests/fuzz/fuzz_ek_pool \
	tests/fuzz/fuzz_ek_binding
EXTRA_DIST += tests/fuzz/corpus/certificate tests/fuzz/corpus/spki \
	tests/fuzz/corpus/certificate_signature tests/fuzz/corpus/ek_certificate \
	tests/fuzz/corpus/ek_pool tests/fuzz/corpus/ek_binding
tests_fuzz_fuzz_certificate_SOURCES = tests/fuzz/fuzz_certificate.c
tests_fuzz_fuzz_certificate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_certificate_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_spki_SOURCES = tests/fuzz/fuzz_spki.c
tests_fuzz_fuzz_spki_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_spki_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_certificate_signature_SOURCES = tests/fuzz/fuzz_certificate_signature.c
tests_fuzz_fuzz_certificate_signature_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_certificate_signature_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_ek_certificate_SOURCES = tests/fuzz/fuzz_ek_certificate.c tests/fuzz/fake_signatures.c tests/fuzz/fake_signatures.h
tests_fuzz_fuzz_ek_certificate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ek_certificate_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_ek_pool_SOURCES = tests/fuzz/fuzz_ek_pool.c
tests_fuzz_fuzz_ek_pool_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ek_pool_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_ek_binding_SOURCES = tests/fuzz/fuzz_ek_binding.c
tests_fuzz_fuzz_ek_binding_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ek_binding_LDADD = $(FUZZ_MAIN) libsigner.a $(TPM_LIBS)
