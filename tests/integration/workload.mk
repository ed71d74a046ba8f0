# The Workload API, as clients speak to it.
check_PROGRAMS += tests/integration/workload_server
tests_integration_workload_server_SOURCES = tests/integration/workload_server.c
tests_integration_workload_server_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS)
tests_integration_workload_server_LDADD = $(MINT_LIBS)
TESTS += tests/integration/workload_api tests/integration/workload_clients
LONG_TESTS += tests/integration/hostile_workload tests/integration/workload_node \
	tests/integration/workload_faults
EXTRA_DIST += tests/integration/workload_node tests/integration/workload_program.py \
	tests/integration/other_domain.py tests/integration/workload_faults
EXTRA_DIST += tests/integration/hostile_workload tests/integration/hostile_workload.py \
	tests/integration/hostile_workload_server.py tests/integration/hostile_workload_shares.py \
	tests/integration/http2_frames.py
EXTRA_DIST += tests/integration/workload_api tests/integration/workload_client.py \
	tests/integration/workload_clients tests/integration/workload_client.js \
	tests/integration/clients/package.json tests/integration/clients/package-lock.json tools/clients
TESTS += tests/integration/mint_command
EXTRA_DIST += tests/integration/mint_command
LONG_TESTS += tests/integration/jwt_svid
EXTRA_DIST += tests/integration/jwt_svid tests/integration/jwt_workload.py
