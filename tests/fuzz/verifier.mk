# Fuzz targets: verifier.
FUZZ_TARGETS += tests/fuzz/fuzz_signer_messages
tests_fuzz_fuzz_signer_messages_SOURCES = tests/fuzz/fuzz_signer_messages.c $(FUZZ_MAIN)
tests_fuzz_fuzz_signer_messages_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_messages_LDADD = $(SIGNER_MESSAGES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/signer_messages
FUZZ_TARGETS += tests/fuzz/fuzz_appraisal_state tests/fuzz/fuzz_boot_appraisal \
	tests/fuzz/fuzz_ima_appraisal
FIXED_REFERENCE = tests/fuzz/fixed_reference.c tests/fuzz/fixed_reference.h
tests_fuzz_fuzz_appraisal_state_SOURCES = tests/fuzz/fuzz_appraisal_state.c $(FUZZ_MAIN)
tests_fuzz_fuzz_appraisal_state_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_appraisal_state_LDADD = $(APPRAISAL_LIBS)
tests_fuzz_fuzz_boot_appraisal_SOURCES = tests/fuzz/fuzz_boot_appraisal.c $(FIXED_REFERENCE) $(FUZZ_MAIN)
tests_fuzz_fuzz_boot_appraisal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_boot_appraisal_LDADD = $(APPRAISAL_LIBS)
tests_fuzz_fuzz_ima_appraisal_SOURCES = tests/fuzz/fuzz_ima_appraisal.c $(FIXED_REFERENCE) $(FUZZ_MAIN)
tests_fuzz_fuzz_ima_appraisal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_appraisal_LDADD = $(APPRAISAL_LIBS)
EXTRA_DIST += tests/fuzz/corpus/appraisal_state tests/fuzz/corpus/boot_appraisal \
	tests/fuzz/corpus/ima_appraisal
FUZZ_TARGETS += tests/fuzz/fuzz_http
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c $(FUZZ_MAIN)
tests_fuzz_fuzz_http_CPPFLAGS = $(AM_CPPFLAGS)
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_http_LDADD = libfront.a $(MESSAGES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/http
