# Integration tests: real processes, swtpm, sockets.
check_PROGRAMS += tests/integration/make_credential
tests_integration_make_credential_SOURCES = tests/integration/make_credential.c
tests_integration_make_credential_LDADD = libdaemon.a $(TPM_LIBS)
TESTS += tests/integration/credential
EXTRA_DIST += tests/integration/credential tools/swtpm.sh
