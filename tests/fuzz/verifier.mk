# Fuzz targets: verifier.
FUZZ_TARGETS += tests/fuzz/fuzz_signer_messages
tests_fuzz_fuzz_signer_messages_SOURCES = tests/fuzz/fuzz_signer_messages.c $(FUZZ_MAIN)
tests_fuzz_fuzz_signer_messages_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_messages_LDADD = $(SIGNER_MESSAGES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/signer_messages
