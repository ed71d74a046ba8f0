# Fuzz targets: transparency logs.
FUZZ_TARGETS += tests/fuzz/fuzz_note tests/fuzz/fuzz_log_proof
EXTRA_DIST += tests/fuzz/corpus/note tests/fuzz/corpus/log_proof
tests_fuzz_fuzz_note_SOURCES = tests/fuzz/fuzz_note.c
tests_fuzz_fuzz_note_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_note_LDADD = $(FUZZ_MAIN) $(TRANSPARENCY_LIBS)
tests_fuzz_fuzz_log_proof_SOURCES = tests/fuzz/fuzz_log_proof.c
tests_fuzz_fuzz_log_proof_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_log_proof_LDADD = $(FUZZ_MAIN) $(TRANSPARENCY_LIBS)
