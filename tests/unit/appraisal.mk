# Unit tests: appraisal.
if HAVE_CMOCKA
APPRAISAL_TESTS = tests/unit/test_appraisal tests/unit/test_appraisal_authenticate \
	tests/unit/test_appraisal_boot tests/unit/test_appraisal_ima tests/unit/test_appraisal_ima_sessions \
	tests/unit/test_appraisal_kernel tests/unit/test_appraisal_minting \
	tests/unit/test_appraisal_release tests/unit/test_appraisal_secure_boot \
	tests/unit/test_appraisal_state tests/unit/test_appraisal_words
check_PROGRAMS += $(APPRAISAL_TESTS)
TESTS += $(APPRAISAL_TESTS)
APPRAISAL_TEST_LIBS = libappraisalscene.a libscenes.a $(APPRAISAL_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
libscenes_a_SOURCES += tests/unit/golden_release.c tests/unit/evidence_maker.c \
	tests/unit/log_maker.c tests/unit/quote_scene.c
libappraisalscene_a_SOURCES += tests/unit/appraisal_scene.c
GOLDEN_RELEASE = tests/unit/golden_release.h tests/unit/capture.h
tests_unit_test_appraisal_SOURCES = tests/unit/test_appraisal.c $(GOLDEN_RELEASE) tests/unit/unit.h
tests_unit_test_appraisal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_LDADD = $(APPRAISAL_TEST_LIBS)
EVIDENCE_MAKER = tests/unit/evidence_maker.h
QUOTE_SCENE = tests/unit/quote_scene.h $(EVIDENCE_MAKER) $(GOLDEN_RELEASE) tests/unit/unit.h
tests_unit_test_appraisal_authenticate_SOURCES = tests/unit/test_appraisal_authenticate.c \
	$(QUOTE_SCENE)
tests_unit_test_appraisal_authenticate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_authenticate_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_minting_SOURCES = tests/unit/test_appraisal_minting.c $(QUOTE_SCENE)
tests_unit_test_appraisal_minting_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_minting_LDADD = $(APPRAISAL_TEST_LIBS)
LOG_MAKER = tests/unit/log_maker.h tests/unit/log_bytes.h
APPRAISAL_SCENE = tests/unit/appraisal_scene.h $(LOG_MAKER) \
	$(GOLDEN_RELEASE) tests/unit/unit.h
tests_unit_test_appraisal_boot_SOURCES = tests/unit/test_appraisal_boot.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_boot_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_boot_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_ima_SOURCES = tests/unit/test_appraisal_ima.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_ima_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_ima_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_state_SOURCES = tests/unit/test_appraisal_state.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_state_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_state_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_words_SOURCES = tests/unit/test_appraisal_words.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_words_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_words_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_ima_sessions_SOURCES = tests/unit/test_appraisal_ima_sessions.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_ima_sessions_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_ima_sessions_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_kernel_SOURCES = tests/unit/test_appraisal_kernel.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_kernel_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_kernel_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_release_SOURCES = tests/unit/test_appraisal_release.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_release_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_release_LDADD = $(APPRAISAL_TEST_LIBS)
tests_unit_test_appraisal_secure_boot_SOURCES = tests/unit/test_appraisal_secure_boot.c $(APPRAISAL_SCENE)
tests_unit_test_appraisal_secure_boot_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraisal_secure_boot_LDADD = $(APPRAISAL_TEST_LIBS)
check_PROGRAMS += tests/unit/test_evidence_file
TESTS += tests/unit/test_evidence_file
tests_unit_test_evidence_file_SOURCES = tests/unit/test_evidence_file.c tests/unit/unit.h
tests_unit_test_evidence_file_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_evidence_file_LDADD = $(MESSAGES_LIBS) $(CMOCKA_LIBS)
endif
