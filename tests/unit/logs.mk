# Unit tests: logs.
if HAVE_CMOCKA
LOG_TESTS = tests/unit/test_boot_log tests/unit/test_boot_payload tests/unit/test_ima_log tests/unit/test_ima_replay
check_PROGRAMS += $(LOG_TESTS)
TESTS += $(LOG_TESTS)
LOG_TEST_LIBS = libdaemon.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_boot_log_SOURCES = tests/unit/test_boot_log.c tests/unit/log_bytes.h tests/unit/unit.h
tests_unit_test_boot_log_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_boot_log_LDADD = $(LOG_TEST_LIBS)
tests_unit_test_boot_payload_SOURCES = tests/unit/test_boot_payload.c tests/unit/log_bytes.h tests/unit/unit.h
tests_unit_test_boot_payload_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_boot_payload_LDADD = $(LOG_TEST_LIBS)
tests_unit_test_ima_log_SOURCES = tests/unit/test_ima_log.c \
	tests/unit/ima_entry_bytes.h tests/unit/log_bytes.h tests/unit/unit.h
tests_unit_test_ima_log_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ima_log_LDADD = $(LOG_TEST_LIBS)
tests_unit_test_ima_replay_SOURCES = tests/unit/test_ima_replay.c \
	tests/unit/ima_entry_bytes.h tests/unit/log_bytes.h tests/unit/unit.h
tests_unit_test_ima_replay_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ima_replay_LDADD = $(LOG_TEST_LIBS)
endif
