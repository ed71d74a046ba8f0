# Unit tests: verifier.
if HAVE_CMOCKA
SIGNER_TESTS = tests/unit/test_signer
check_PROGRAMS += $(SIGNER_TESTS)
TESTS += $(SIGNER_TESTS)
SIGNER_SCENE = tests/unit/signer_scene.c tests/unit/signer_scene.h $(EVIDENCE_MAKER) \
	$(GOLDEN_RELEASE) tests/unit/unit.h
SIGNER_TEST_LIBS = $(SIGNER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_signer_SOURCES = tests/unit/test_signer.c $(SIGNER_SCENE)
tests_unit_test_signer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_LDADD = $(SIGNER_TEST_LIBS)
endif
