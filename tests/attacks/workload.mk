# Attacks: workloads that ask for what is another's (s13).
if HAVE_CMOCKA
WORKLOAD_ATTACKS = tests/attacks/test_attacks_measured
ATTACK_TESTS += $(WORKLOAD_ATTACKS)
tests_attacks_test_attacks_measured_SOURCES = tests/attacks/test_attacks_measured.c \
	tests/attacks/attacks.h
tests_attacks_test_attacks_measured_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_measured_LDADD = libbroker.a $(APPRAISAL_TEST_LIBS)
endif
