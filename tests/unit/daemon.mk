# Unit tests: daemon.
if HAVE_CMOCKA
DAEMON_TESTS = tests/unit/test_channel tests/unit/test_clock_set tests/unit/test_files tests/unit/test_settings
check_PROGRAMS += $(DAEMON_TESTS)
TESTS += $(DAEMON_TESTS)
tests_unit_test_channel_SOURCES = tests/unit/test_channel.c tests/unit/unit.h
tests_unit_test_channel_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_channel_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=realloc
tests_unit_test_channel_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_clock_set_SOURCES = tests/unit/test_clock_set.c tests/unit/unit.h
tests_unit_test_clock_set_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_clock_set_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_files_SOURCES = tests/unit/test_files.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_files_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_files_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)
tests_unit_test_settings_SOURCES = tests/unit/test_settings.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_settings_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_settings_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)
endif
