# Unit tests: attestd.
if HAVE_CMOCKA
ATTESTD_TESTS = \
	tests/unit/test_attestd_agent \
	tests/unit/test_attestd_attest \
	tests/unit/test_attestd_configuration \
	tests/unit/test_attestd_ends \
	tests/unit/test_attestd_grant \
	tests/unit/test_attestd_journal \
	tests/unit/test_attestd_jwt_request \
	tests/unit/test_attestd_jwt_svid \
	tests/unit/test_attestd_logs \
	tests/unit/test_attestd_mint \
	tests/unit/test_attestd_right \
	tests/unit/test_attestd_schedule \
	tests/unit/test_attestd_svid tests/unit/test_attestd_svid_spelling \
	tests/unit/test_attestd_told \
	tests/unit/test_attestd_wishes \
	tests/unit/test_attestd_svid_directory
check_PROGRAMS += $(ATTESTD_TESTS)
TESTS += $(ATTESTD_TESTS)

libscenes_a_SOURCES += tests/unit/attestd_grant.c tests/unit/svid_scene.c
GRANT_TEST_SOURCES = tests/unit/attestd_grant.h tests/unit/unit.h

tests_unit_test_attestd_agent_SOURCES = tests/unit/test_attestd_agent.c tests/unit/unit.h
tests_unit_test_attestd_agent_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_agent_LDADD = libagent.a $(ATTESTD_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_attest_SOURCES = tests/unit/test_attestd_attest.c $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_attest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_attest_LDADD = libscenes.a libagent.a $(ATTESTD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_configuration_SOURCES = tests/unit/test_attestd_configuration.c \
	tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_attestd_configuration_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_configuration_LDADD = $(ATTESTD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_ends_SOURCES = tests/unit/test_attestd_ends.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_attestd_ends_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_ends_LDADD = $(BROKER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_jwt_request_SOURCES = tests/unit/test_attestd_jwt_request.c $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_jwt_request_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_jwt_request_LDADD = libscenes.a $(BROKER_LIBS) $(CMOCKA_LIBS)

libscenes_a_SOURCES += tests/unit/jwt_scene.c
tests_unit_test_attestd_jwt_svid_SOURCES = tests/unit/test_attestd_jwt_svid.c tests/unit/unit.h \
	tests/unit/jwt_scene.h
tests_unit_test_attestd_jwt_svid_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_jwt_svid_LDADD = libscenes.a $(ATTESTD_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_wishes_SOURCES = tests/unit/test_attestd_wishes.c tests/unit/unit.h
tests_unit_test_attestd_wishes_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_wishes_LDADD = $(BROKER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_grant_SOURCES = tests/unit/test_attestd_grant.c $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_grant_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_grant_LDADD = libscenes.a $(ATTESTD_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_svid_SOURCES = tests/unit/test_attestd_svid.c \
	tests/unit/svid_scene.h $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_svid_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_svid_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_svid_spelling_SOURCES = tests/unit/test_attestd_svid_spelling.c \
	tests/unit/svid_scene.h $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_svid_spelling_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_svid_spelling_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_right_SOURCES = tests/unit/test_attestd_right.c $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_right_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_right_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_attestd_mint_SOURCES = tests/unit/test_attestd_mint.c $(GRANT_TEST_SOURCES)
tests_unit_test_attestd_mint_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_mint_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_schedule_SOURCES = tests/unit/test_attestd_schedule.c tests/unit/unit.h
tests_unit_test_attestd_schedule_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_schedule_LDADD = libagent.a $(CMOCKA_LIBS)

tests_unit_test_attestd_told_SOURCES = tests/unit/test_attestd_told.c tests/unit/unit.h
tests_unit_test_attestd_told_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_told_LDADD = libagent.a $(CMOCKA_LIBS)

tests_unit_test_attestd_logs_SOURCES = tests/unit/test_attestd_logs.c tests/unit/unit.h
tests_unit_test_attestd_logs_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_logs_LDADD = libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_journal_SOURCES = tests/unit/test_attestd_journal.c \
	tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_attestd_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_journal_LDADD = libbroker.a $(ATTESTD_LIBS) $(CMOCKA_LIBS)

tests_unit_test_attestd_svid_directory_SOURCES = \
	tests/unit/test_attestd_svid_directory.c tests/unit/unit.h
tests_unit_test_attestd_svid_directory_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_attestd_svid_directory_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
endif
