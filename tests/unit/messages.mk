# Unit tests: messages.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_json_tree
TESTS += tests/unit/test_json_tree
tests_unit_test_json_tree_SOURCES = tests/unit/test_json_tree.c tests/unit/unit.h
tests_unit_test_json_tree_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_json_tree_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_strict_json
TESTS += tests/unit/test_strict_json
tests_unit_test_strict_json_SOURCES = tests/unit/test_strict_json.c tests/unit/unit.h
tests_unit_test_strict_json_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_strict_json_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_messages
TESTS += tests/unit/test_messages
tests_unit_test_messages_SOURCES = tests/unit/test_messages.c tests/unit/unit.h
tests_unit_test_messages_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_messages_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_spiffe_id
TESTS += tests/unit/test_spiffe_id
tests_unit_test_spiffe_id_SOURCES = tests/unit/test_spiffe_id.c tests/unit/unit.h
tests_unit_test_spiffe_id_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_spiffe_id_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_statement
TESTS += tests/unit/test_statement
tests_unit_test_statement_SOURCES = tests/unit/test_statement.c tests/unit/unit.h
tests_unit_test_statement_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_statement_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_entries
TESTS += tests/unit/test_entries
tests_unit_test_entries_SOURCES = tests/unit/test_entries.c tests/unit/unit.h
tests_unit_test_entries_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_entries_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_report
TESTS += tests/unit/test_report
tests_unit_test_report_SOURCES = tests/unit/test_report.c tests/unit/unit.h
tests_unit_test_report_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_report_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_sealed
TESTS += tests/unit/test_sealed
tests_unit_test_sealed_SOURCES = tests/unit/test_sealed.c tests/unit/unit.h
tests_unit_test_sealed_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_sealed_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=bytes_wipe
tests_unit_test_sealed_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
endif
