# The fleet: a program that is many nodes, and what sets the verifiers up for it.
# Sizes: make bench FLEET="1000 10000 100000" takes ten minutes more.
FLEET = 1000 10000

if HAVE_CMOCKA
EXTRA_PROGRAMS += tests/bench/fleet_load
tests_bench_fleet_load_SOURCES = tests/bench/fleet_load.c \
	tests/bench/fleet_client.c tests/bench/fleet_client.h \
	tests/bench/fleet_node.c tests/bench/fleet_node.h \
	tests/bench/fleet_roles.c tests/bench/fleet_roles.h \
	$(BENCH_MEASURE) $(EVIDENCE_MAKER) $(GOLDEN_RELEASE) tests/unit/unit.h
tests_bench_fleet_load_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit \
	$(LIBEVENT_CFLAGS) $(SSL_CFLAGS) $(CMOCKA_CFLAGS)
tests_bench_fleet_load_LDADD = $(STORE_LIBS) $(POLICIES_LIBS) \
	$(APPRAISAL_TEST_LIBS) $(LIBEVENT_LIBS) $(SSL_LIBS)
CLEANFILES += tests/bench/fleet_load
BENCHES += bench-fleet
endif
EXTRA_DIST += tests/bench/fleet tests/bench/release.sh

.PHONY: bench-fleet
bench-fleet: tests/bench/fleet_load verifier/verifierd attestctl
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/fleet --nodes "$(FLEET)"
