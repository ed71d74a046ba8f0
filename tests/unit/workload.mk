# Unit tests: the Workload API.
if HAVE_CMOCKA
WORKLOAD_TESTS = tests/unit/test_grpc tests/unit/test_grpc_times \
	tests/unit/test_mint_streams tests/unit/test_workload_messages tests/unit/test_workload_socket \
	tests/unit/test_workload_turns
check_PROGRAMS += $(WORKLOAD_TESTS)
TESTS += $(WORKLOAD_TESTS)

tests_unit_test_grpc_SOURCES = tests/unit/test_grpc.c tests/unit/unit.h
tests_unit_test_grpc_CPPFLAGS = $(AM_CPPFLAGS) $(WORKLOAD_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_grpc_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_grpc_times_SOURCES = tests/unit/test_grpc_times.c tests/unit/unit.h
tests_unit_test_grpc_times_CPPFLAGS = $(AM_CPPFLAGS) $(WORKLOAD_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_grpc_times_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_mint_streams_SOURCES = tests/unit/test_mint_streams.c tests/unit/unit.h
tests_unit_test_mint_streams_CPPFLAGS = $(AM_CPPFLAGS) $(WORKLOAD_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_streams_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_workload_messages_SOURCES = tests/unit/test_workload_messages.c tests/unit/unit.h
tests_unit_test_workload_messages_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_workload_messages_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_workload_socket_SOURCES = tests/unit/test_workload_socket.c tests/unit/unit.h \
	tests/unit/scratch.h
tests_unit_test_workload_socket_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_workload_socket_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)

tests_unit_test_workload_turns_SOURCES = tests/unit/test_workload_turns.c tests/unit/unit.h
tests_unit_test_workload_turns_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_workload_turns_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
endif
