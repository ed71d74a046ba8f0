# Unit tests: whom the mint serves.
if HAVE_CMOCKA
MINT_TESTS = tests/unit/test_mint_core tests/unit/test_mint_denials tests/unit/test_mint_executable \
	tests/unit/test_mint_identities tests/unit/test_mint_jobs tests/unit/test_mint_texts
check_PROGRAMS += $(MINT_TESTS)
TESTS += $(MINT_TESTS)
tests_unit_test_mint_core_SOURCES = tests/unit/test_mint_core.c $(GRANT_TEST_SOURCES) $(WORKLOAD_SCENE)
tests_unit_test_mint_core_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_core_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_core_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_denials_SOURCES = tests/unit/test_mint_denials.c tests/unit/unit.h
tests_unit_test_mint_denials_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_denials_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_executable_SOURCES = tests/unit/test_mint_executable.c tests/unit/scratch.h \
	tests/unit/unit.h
tests_unit_test_mint_executable_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_executable_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_identities_SOURCES = tests/unit/test_mint_identities.c $(GRANT_TEST_SOURCES)
tests_unit_test_mint_identities_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_identities_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_jobs_SOURCES = tests/unit/test_mint_jobs.c $(WORKLOAD_SCENE)
tests_unit_test_mint_jobs_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_jobs_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_jobs_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_texts_SOURCES = tests/unit/test_mint_texts.c tests/unit/unit.h
tests_unit_test_mint_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_texts_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
endif
