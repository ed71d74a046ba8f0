# Attacks: quotes, enrolment, keys, certificates (q, k).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_quote tests/attacks/test_attacks_freshness \
	tests/attacks/test_attacks_faults tests/attacks/test_attacks_enrolment \
	tests/attacks/test_attacks_minting tests/attacks/test_attacks_grant \
	tests/attacks/test_attacks_access tests/attacks/test_attacks_certificates \
	tests/attacks/test_attacks_staging
ATTACK_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
libscenes_a_SOURCES += tests/attacks/attack_scene.c
ATTACK_SCENE = tests/attacks/attack_scene.h $(SIGNER_SCENE)
tests_attacks_test_attacks_quote_SOURCES = tests/attacks/test_attacks_quote.c $(ATTACK_SCENE)
tests_attacks_test_attacks_quote_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_quote_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_freshness_SOURCES = tests/attacks/test_attacks_freshness.c $(ATTACK_SCENE)
tests_attacks_test_attacks_freshness_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_freshness_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_staging_SOURCES = tests/attacks/test_attacks_staging.c $(ATTACK_SCENE) $(LOG_MAKER)
tests_attacks_test_attacks_staging_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_staging_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_faults_SOURCES = tests/attacks/test_attacks_faults.c $(ATTACK_SCENE)
tests_attacks_test_attacks_faults_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_faults_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_enrolment_SOURCES = tests/attacks/test_attacks_enrolment.c $(ATTACK_SCENE)
tests_attacks_test_attacks_enrolment_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_enrolment_LDADD = $(SIGNER_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_ek
tests_attacks_test_attacks_ek_SOURCES = tests/attacks/test_attacks_ek.c $(ATTACK_SCENE)
tests_attacks_test_attacks_ek_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_ek_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_minting_SOURCES = tests/attacks/test_attacks_minting.c $(ATTACK_SCENE)
tests_attacks_test_attacks_minting_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_minting_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_grant_SOURCES = tests/attacks/test_attacks_grant.c \
	tests/attacks/attack_scene.h $(GRANTED_SCENE)
tests_attacks_test_attacks_grant_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_grant_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_access_SOURCES = tests/attacks/test_attacks_access.c $(ATTACK_SCENE)
tests_attacks_test_attacks_access_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_access_LDADD = libfront.a $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_certificates_SOURCES = tests/attacks/test_attacks_certificates.c $(EK_FIXTURE)
tests_attacks_test_attacks_certificates_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_certificates_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_attacks_test_attacks_certificates_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=signed_der_verify
ATTACK_TESTS += tests/attacks/test_attacks_trial
tests_attacks_test_attacks_trial_SOURCES = tests/attacks/test_attacks_trial.c $(ATTACK_SCENE)
tests_attacks_test_attacks_trial_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_trial_LDADD = $(SIGNER_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_statement
tests_attacks_test_attacks_statement_SOURCES = tests/attacks/test_attacks_statement.c $(GRANTED_SCENE)
tests_attacks_test_attacks_statement_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_statement_LDADD = $(SIGNER_TEST_LIBS)
# Memory that runs out is one of the faults.
tests_attacks_test_attacks_faults_LDFLAGS = $(AM_LDFLAGS) \
	-Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
endif
