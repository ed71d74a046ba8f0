# Unit tests: tpm.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_tpm_answers
TESTS += tests/unit/test_tpm_answers
tests_unit_test_tpm_answers_SOURCES = tests/unit/test_tpm_answers.c tests/unit/unit.h
tests_unit_test_tpm_answers_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(TSS2_CFLAGS)
tests_unit_test_tpm_answers_LDADD = $(DEVICE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_chain
TESTS += tests/unit/test_tpm_chain
tests_unit_test_tpm_chain_SOURCES = tests/unit/test_tpm_chain.c tests/unit/unit.h tests/unit/certificate_maker.h
tests_unit_test_tpm_chain_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) $(TSS2_CFLAGS)
tests_unit_test_tpm_chain_LDADD = libscenes.a $(DEVICE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_attest
TESTS += tests/unit/test_tpm_attest
tests_unit_test_tpm_attest_SOURCES = tests/unit/test_tpm_attest.c tests/unit/unit.h tests/unit/capture.h
tests_unit_test_tpm_attest_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tpm_attest_LDADD = libdaemon.a $(TPM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_credential
TESTS += tests/unit/test_tpm_credential
tests_unit_test_tpm_credential_SOURCES = tests/unit/test_tpm_credential.c tests/unit/unit.h
tests_unit_test_tpm_credential_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tpm_credential_LDADD = $(TPM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_keys
TESTS += tests/unit/test_tpm_keys
tests_unit_test_tpm_keys_SOURCES = tests/unit/test_tpm_keys.c tests/unit/unit.h tests/unit/capture.h
tests_unit_test_tpm_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tpm_keys_LDADD = libdaemon.a $(TPM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_policy
TESTS += tests/unit/test_tpm_policy
tests_unit_test_tpm_policy_SOURCES = tests/unit/test_tpm_policy.c tests/unit/unit.h
tests_unit_test_tpm_policy_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tpm_policy_LDADD = $(TPM_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_tpm_signature
TESTS += tests/unit/test_tpm_signature
tests_unit_test_tpm_signature_SOURCES = tests/unit/test_tpm_signature.c tests/unit/unit.h tests/unit/capture.h
tests_unit_test_tpm_signature_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_tpm_signature_LDADD = libdaemon.a $(TPM_LIBS) $(CMOCKA_LIBS)
endif
