# Integration tests: real processes, swtpm, sockets.
EXTRA_DIST += tests/integration/processes.sh
check_DATA =
include tests/integration/attestd_faults.mk
include tests/integration/workload.mk
check_PROGRAMS += tests/integration/make_credential
tests_integration_make_credential_SOURCES = tests/integration/make_credential.c
tests_integration_make_credential_LDADD = libdaemon.a $(TPM_LIBS)
TESTS += tests/integration/credential
LONG_TESTS += tests/integration/quotes
EXTRA_DIST += tests/integration/credential tests/integration/quotes tools/swtpm.sh

noinst_PROGRAMS += tests/integration/ima_measure
tests_integration_ima_measure_SOURCES = tests/integration/ima_measure.c
tests_integration_ima_measure_LDADD = $(BASE_LIBS)

EXTRA_DIST += tests/integration/ek_certificates
LONG_TESTS += tests/integration/ek_certificates

if HAVE_CMOCKA
check_PROGRAMS += tests/integration/test_device
tests_integration_test_device_SOURCES = tests/integration/test_device.c tests/unit/unit.h
tests_integration_test_device_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_integration_test_device_LDADD = $(DEVICE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/integration/device
EXTRA_DIST += tests/integration/device
endif

TESTS += tests/integration/logs tests/integration/recorded_logs
EXTRA_DIST += tests/integration/logs tests/integration/recorded_logs tests/integration/logs_checks.py

if HAVE_CMOCKA
check_PROGRAMS += tests/integration/appraise_capture
tests_integration_appraise_capture_SOURCES = tests/integration/appraise_capture.c \
	tools/release/release_directory.c tools/release/release_directory.h tests/unit/capture.h tests/unit/unit.h
tests_integration_appraise_capture_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_integration_appraise_capture_LDADD = libappraisal.a $(POLICIES_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS) \
	$(CMOCKA_LIBS)
TESTS += tests/integration/release
endif
EXTRA_DIST += tests/integration/release
TESTS += tests/integration/transparency tests/integration/verdict_log tests/integration/audit_verdicts
EXTRA_DIST += tests/integration/audit_verdicts
EXTRA_DIST += tests/integration/transparency tests/integration/verdict_log tests/integration/tlog_check
LONG_TESTS += tests/integration/release_in_force
EXTRA_DIST += tests/integration/release_in_force
LONG_TESTS += tests/integration/release_follow
EXTRA_DIST += tests/integration/release_follow tests/integration/release_server.py
TESTS += tests/integration/release_lifecycle tests/integration/release_signing
EXTRA_DIST += tests/integration/release_lifecycle tests/integration/release_signing tests/integration/release_scene.sh
TESTS += tests/integration/release_signing_tpm tests/integration/release_signing_token
EXTRA_DIST += tests/integration/release_signing_tpm tests/integration/release_signing_token
LONG_TESTS += tests/integration/release_commands tests/integration/release_read tests/integration/release_shown
TESTS += tests/integration/release_audit tests/integration/release_log tests/integration/release_memory
EXTRA_DIST += tests/integration/release_commands tests/integration/release_read tests/integration/release_shown \
	tests/integration/release_cases.sh tests/integration/release_audit tests/integration/release_log tests/integration/release_memory \
	tests/integration/rename_dies.c
check_DATA += tests/integration/rename_dies.so
CLEANFILES += tests/integration/rename_dies.so
tests/integration/rename_dies.so: tests/integration/rename_dies.c
	$(AM_V_CC)$(MKDIR_P) tests/integration && \
	$(CC) -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o $@ $(srcdir)/tests/integration/rename_dies.c
check_DATA += tests/integration/content_changes.so
CLEANFILES += tests/integration/content_changes.so
EXTRA_DIST += tests/integration/content_changes.c
tests/integration/content_changes.so: tests/integration/content_changes.c
	$(AM_V_CC)$(MKDIR_P) tests/integration && \
	$(CC) -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o $@ $(srcdir)/tests/integration/content_changes.c
check_DATA += tests/integration/no_types.so
CLEANFILES += tests/integration/no_types.so
EXTRA_DIST += tests/integration/no_types.c
tests/integration/no_types.so: tests/integration/no_types.c
	$(AM_V_CC)$(MKDIR_P) tests/integration && \
	$(CC) -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o $@ $(srcdir)/tests/integration/no_types.c
TESTS += tests/integration/node_pages tests/integration/acts
TESTS += tests/integration/options
EXTRA_DIST += tests/integration/options tests/integration/node_pages tests/integration/node_pages.py tests/integration/acts
LONG_TESTS += tests/integration/release_canary
TESTS += tests/integration/release_matrix
EXTRA_DIST += tests/integration/release_canary tests/integration/release_matrix
TESTS += tests/integration/release_vendor
EXTRA_DIST += tests/integration/release_vendor
TESTS += tests/integration/release_check tests/integration/example_line
EXTRA_DIST += tests/integration/release_check tests/integration/example_line
noinst_PROGRAMS += tests/integration/copied_release
tests_integration_copied_release_SOURCES = tests/integration/copied_release.c verifier/release_watch.c \
	verifier/release_watch.h
tests_integration_copied_release_LDADD = $(LOADER_LIBS) libbase.a $(CRYPTO_LIBS)
LONG_TESTS += tests/integration/release_copied
EXTRA_DIST += tests/integration/release_copied
TESTS += tests/integration/installed_paths
EXTRA_DIST += tests/integration/installed_paths
TESTS += tests/integration/ima_policy tests/integration/collect_boot
EXTRA_DIST += tests/integration/ima_policy tests/integration/collect_boot \
	tests/integration/boot_log_variable.py
TESTS += tests/integration/collect_packages tests/integration/collect_system tests/integration/release_provenance
EXTRA_DIST += tests/integration/release_provenance
EXTRA_DIST += tests/integration/collect_packages tests/integration/collect_system tests/integration/make_archives.py

TESTS += tests/integration/front
EXTRA_DIST += tests/integration/front
if HAVE_CMOCKA
check_PROGRAMS += tests/integration/make_evidence
tests_integration_make_evidence_SOURCES = tests/integration/make_evidence.c $(EVIDENCE_MAKER) \
	$(LOG_MAKER) $(GOLDEN_RELEASE) tests/unit/unit.h
tests_integration_make_evidence_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_integration_make_evidence_LDADD = $(POLICIES_LIBS) $(APPRAISAL_TEST_LIBS)
TESTS += tests/integration/appraise
endif
EXTRA_DIST += tests/integration/appraise

TESTS += tests/integration/attestd
LONG_TESTS += tests/integration/attestd_cleared tests/integration/attestd_rekeyed
EXTRA_DIST += tests/integration/attestd tests/integration/attestd_cleared tests/integration/attestd_rekeyed
LONG_TESTS += tests/integration/entries
EXTRA_DIST += tests/integration/entries
LONG_TESTS += tests/integration/told
EXTRA_DIST += tests/integration/told
LONG_TESTS += tests/integration/end_to_end
EXTRA_DIST += tests/integration/end_to_end tools/quickstart
TESTS += tests/integration/federation
EXTRA_DIST += tests/integration/federation
LONG_TESTS += tests/integration/two_services
EXTRA_DIST += tests/integration/two_services
LONG_TESTS += tests/integration/big_log
EXTRA_DIST += tests/integration/big_log

# tests/bench simulates the same nodes.
EXTRA_DIST += tests/integration/kill_series
if HAVE_CMOCKA
check_PROGRAMS += tests/integration/kill_load
tests_integration_kill_load_SOURCES = tests/integration/kill_load.c \
	tests/bench/fleet_node.c tests/bench/fleet_node.h \
	tests/bench/fleet_roles.c tests/bench/fleet_roles.h \
	$(EVIDENCE_MAKER) $(GOLDEN_RELEASE) tests/unit/unit.h
tests_integration_kill_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/bench \
	$(CURL_CFLAGS) $(CMOCKA_CFLAGS)
tests_integration_kill_load_LDADD = $(STORE_LIBS) $(POLICIES_LIBS) \
	$(APPRAISAL_TEST_LIBS) $(CURL_LIBS)
LONG_TESTS += tests/integration/kill_series tests/integration/verifier_faults
check_DATA += tests/integration/clock_shift.so
CLEANFILES += tests/integration/clock_shift.so
endif
EXTRA_DIST += tests/integration/verifier_faults tests/integration/clock_shift.c
tests/integration/clock_shift.so: tests/integration/clock_shift.c
	$(AM_V_CC)$(MKDIR_P) tests/integration && \
	$(CC) -D_GNU_SOURCE -O2 -Wall -shared -fPIC -o $@ $(srcdir)/tests/integration/clock_shift.c
TESTS += tests/integration/hostile
EXTRA_DIST += tests/integration/hostile tests/integration/hostile_http.py \
	tests/integration/hostile_http_client.py tests/integration/hostile_http_tls.py
LONG_TESTS += tests/integration/hostile_verifier
EXTRA_DIST += tests/integration/hostile_verifier tests/integration/hostile_verifier.py \
	tests/integration/huge_tickets.c
check_DATA += tests/integration/huge_tickets.so
CLEANFILES += tests/integration/huge_tickets.so
tests/integration/huge_tickets.so: tests/integration/huge_tickets.c
	$(AM_V_CC)$(MKDIR_P) tests/integration && \
	$(CC) -D_GNU_SOURCE $(SSL_CFLAGS) -O2 -Wall -shared -fPIC -o $@ \
		$(srcdir)/tests/integration/huge_tickets.c $(SSL_LIBS)

LONG_TESTS += tests/integration/artifacts_kernel
TESTS += tests/integration/artifacts tests/integration/artifacts_loaders
EXTRA_DIST += tests/integration/artifacts tests/integration/artifacts_kernel tests/integration/artifacts_loaders \
	tests/integration/artifacts_scene.sh
