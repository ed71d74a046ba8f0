# attestd and what fails around it.
if HAVE_CMOCKA
TPM_PROXY = tests/integration/tpm_proxy.c tests/integration/tpm_proxy.h
check_PROGRAMS += tests/integration/test_broker_faults
tests_integration_test_broker_faults_SOURCES = tests/integration/test_broker_faults.c \
	tests/integration/broker_life.c tests/integration/broker_life.h \
	tests/integration/broker_answers.c tests/integration/broker_answers.h $(TPM_PROXY) $(GRANT_TEST_SOURCES)
tests_integration_test_broker_faults_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_integration_test_broker_faults_LDADD = libscenes.a libagent.a $(MINT_LIBS) $(TPM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/integration/test_minting_session
tests_integration_test_minting_session_SOURCES = tests/integration/test_minting_session.c \
	tests/integration/broker_life.c tests/integration/broker_life.h \
	tests/integration/broker_answers.c tests/integration/broker_answers.h $(TPM_PROXY) $(GRANT_TEST_SOURCES)
tests_integration_test_minting_session_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_integration_test_minting_session_LDADD = libscenes.a libagent.a $(MINT_LIBS) $(DEVICE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/integration/minting_session
LONG_TESTS += tests/integration/broker_faults tests/integration/broker_faults_lasting
endif
check_PROGRAMS += tests/integration/tpm_trap
tests_integration_tpm_trap_SOURCES = tests/integration/tpm_trap.c \
	tests/integration/tpm_proxy.c tests/integration/tpm_proxy.h
LONG_TESTS += tests/integration/attestd_faults tests/integration/attestd_logs \
	tests/integration/attestd_endorsement tests/integration/installed tests/integration/node_deaths \
	tests/integration/attestd_signals tests/integration/late_extend
EXTRA_DIST += tests/integration/minting_session tests/integration/broker_faults tests/integration/broker_faults_lasting \
	tests/integration/attestd_faults tests/integration/attestd_logs \
	tests/integration/attestd_endorsement tests/integration/installed tests/integration/node_deaths \
	tests/integration/attestd_signals tests/integration/late_extend tests/integration/node.sh
