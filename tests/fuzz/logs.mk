# Fuzz targets: logs.
FUZZ_TARGETS += tests/fuzz/fuzz_boot_log tests/fuzz/fuzz_boot_payload tests/fuzz/fuzz_ima_log
tests_fuzz_fuzz_boot_log_SOURCES = tests/fuzz/fuzz_boot_log.c $(FUZZ_MAIN)
tests_fuzz_fuzz_boot_log_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_boot_log_LDADD = $(TPM_LIBS)
tests_fuzz_fuzz_boot_payload_SOURCES = tests/fuzz/fuzz_boot_payload.c $(FUZZ_MAIN)
tests_fuzz_fuzz_boot_payload_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_boot_payload_LDADD = $(TPM_LIBS)
tests_fuzz_fuzz_ima_log_SOURCES = tests/fuzz/fuzz_ima_log.c $(FUZZ_MAIN)
tests_fuzz_fuzz_ima_log_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_log_LDADD = $(TPM_LIBS)
EXTRA_DIST += tests/fuzz/corpus/boot_log tests/fuzz/corpus/boot_payload tests/fuzz/corpus/ima_log
