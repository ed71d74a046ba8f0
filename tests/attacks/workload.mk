# Attacks: workloads that ask for what is another's (s13).
if HAVE_CMOCKA
WORKLOAD_ATTACKS = tests/attacks/test_attacks_caller tests/attacks/test_attacks_measured \
	tests/attacks/test_attacks_numbers tests/attacks/test_attacks_workload
ATTACK_TESTS += $(WORKLOAD_ATTACKS)
tests_attacks_test_attacks_measured_SOURCES = tests/attacks/test_attacks_measured.c \
	tests/attacks/attacks.h
tests_attacks_test_attacks_measured_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_measured_LDADD = libbroker.a $(APPRAISAL_TEST_LIBS)

# The processes that connect.
check_PROGRAMS += tests/attacks/workload_process tests/attacks/without_peerpidfd
tests_attacks_without_peerpidfd_SOURCES = tests/attacks/without_peerpidfd.c
TESTS += tests/attacks/callers_without_peerpidfd
tests_attacks_workload_process_SOURCES = tests/attacks/workload_process.c tests/attacks/workload_process.h
libscenes_a_SOURCES += tests/attacks/workload_scene.c
WORKLOAD_SCENE = tests/attacks/attacks.h tests/attacks/workload_scene.h tests/attacks/workload_process.h
WORKLOAD_TEST_LIBS = libscenes.a $(MINT_LIBS) $(CMOCKA_LIBS)
tests_attacks_test_attacks_caller_SOURCES = tests/attacks/test_attacks_caller.c $(WORKLOAD_SCENE)
tests_attacks_test_attacks_caller_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_caller_LDADD = $(WORKLOAD_TEST_LIBS)
EXTRA_tests_attacks_test_attacks_caller_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_attacks_test_attacks_numbers_SOURCES = tests/attacks/test_attacks_numbers.c $(WORKLOAD_SCENE)
tests_attacks_test_attacks_numbers_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_numbers_LDADD = $(WORKLOAD_TEST_LIBS)
EXTRA_tests_attacks_test_attacks_numbers_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
tests_attacks_test_attacks_workload_SOURCES = tests/attacks/test_attacks_workload.c $(WORKLOAD_SCENE)
tests_attacks_test_attacks_workload_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_workload_LDADD = $(WORKLOAD_TEST_LIBS)
EXTRA_tests_attacks_test_attacks_workload_DEPENDENCIES = tests/attacks/workload_process$(EXEEXT)
endif
EXTRA_DIST += tests/attacks/callers_without_peerpidfd
