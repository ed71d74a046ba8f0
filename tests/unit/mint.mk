# Unit tests: whom the mint serves.
if HAVE_CMOCKA
libscenes_a_SOURCES += tests/unit/mint_broker.c
IDENTITIES_SCENE = tests/unit/identities_scene.c tests/unit/identities_scene.h
CORE_SCENE = tests/unit/core_scene.c tests/unit/core_scene.h
MINT_SCENE = tests/unit/mint_broker.h $(GRANT_TEST_SOURCES)
MINT_TESTS = tests/unit/test_mint_admission tests/unit/test_mint_confirm tests/unit/test_mint_core tests/unit/test_mint_denials \
	tests/unit/test_mint_executable tests/unit/test_mint_executable_stores tests/unit/test_mint_identities \
	tests/unit/test_mint_identity_waits tests/unit/test_mint_jobs \
	tests/unit/test_mint_measured tests/unit/test_mint_rates tests/unit/test_mint_signing \
	tests/unit/test_mint_texts tests/unit/test_mint_tokens tests/unit/test_mint_wishes
check_PROGRAMS += $(MINT_TESTS)
TESTS += $(MINT_TESTS)
tests_unit_test_mint_admission_SOURCES = tests/unit/test_mint_admission.c tests/unit/unit.h
tests_unit_test_mint_admission_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_admission_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_confirm_SOURCES = tests/unit/test_mint_confirm.c tests/unit/confirmation.h \
	$(CORE_SCENE) $(MINT_SCENE) $(WORKLOAD_SCENE)
tests_unit_test_mint_confirm_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_confirm_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=gate_confirm
tests_unit_test_mint_confirm_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_confirm_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_core_SOURCES = tests/unit/test_mint_core.c $(CORE_SCENE) $(MINT_SCENE) $(WORKLOAD_SCENE)
tests_unit_test_mint_core_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_core_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_core_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_denials_SOURCES = tests/unit/test_mint_denials.c tests/unit/unit.h
tests_unit_test_mint_denials_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_denials_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_executable_SOURCES = tests/unit/test_mint_executable.c \
	tests/unit/executable_facts.h tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_mint_executable_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_executable_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_executable_stores_SOURCES = tests/unit/test_mint_executable_stores.c \
	tests/unit/executable_facts.h tests/unit/unit.h
tests_unit_test_mint_executable_stores_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_executable_stores_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_identities_SOURCES = tests/unit/test_mint_identities.c $(IDENTITIES_SCENE) $(MINT_SCENE)
tests_unit_test_mint_identities_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_identities_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_identity_waits_SOURCES = tests/unit/test_mint_identity_waits.c $(IDENTITIES_SCENE) $(MINT_SCENE)
tests_unit_test_mint_identity_waits_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_identity_waits_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_jobs_SOURCES = tests/unit/test_mint_jobs.c $(WORKLOAD_SCENE)
tests_unit_test_mint_jobs_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_jobs_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_jobs_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_rates_SOURCES = tests/unit/test_mint_rates.c tests/unit/unit.h
tests_unit_test_mint_rates_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_rates_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_measured_SOURCES = tests/unit/test_mint_measured.c tests/unit/unit.h
tests_unit_test_mint_measured_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_measured_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
tests_unit_test_mint_signing_SOURCES = tests/unit/test_mint_signing.c $(MINT_SCENE)
tests_unit_test_mint_signing_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_signing_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
TOKEN_SCENE = tests/unit/token_scene.c tests/unit/token_scene.h tests/unit/jwt_scene.h $(CORE_SCENE) $(MINT_SCENE) $(WORKLOAD_SCENE)
tests_unit_test_mint_tokens_SOURCES = tests/unit/test_mint_tokens.c tests/unit/confirmation.h $(TOKEN_SCENE)
tests_unit_test_mint_tokens_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_tokens_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=gate_confirm
tests_unit_test_mint_tokens_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_tokens_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_wishes_SOURCES = tests/unit/test_mint_wishes.c $(TOKEN_SCENE)
tests_unit_test_mint_wishes_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/attacks $(CMOCKA_CFLAGS)
tests_unit_test_mint_wishes_LDADD = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
EXTRA_tests_unit_test_mint_wishes_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_unit_test_mint_texts_SOURCES = tests/unit/test_mint_texts.c tests/unit/unit.h
tests_unit_test_mint_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_texts_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
endif
