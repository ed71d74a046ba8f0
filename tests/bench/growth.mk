# Growth: cost against the length of the log. A minute, and 200 MB in TMPDIR.
if HAVE_CMOCKA
EXTRA_PROGRAMS += tests/bench/bench_growth
tests_bench_bench_growth_SOURCES = tests/bench/bench_growth.c $(BENCH_MEASURE) $(LOG_MAKER) \
	$(SIGNER_SCENE)
tests_bench_bench_growth_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -I$(srcdir)/tests/bench \
	$(CMOCKA_CFLAGS)
tests_bench_bench_growth_LDADD = $(APPRAISER_LIBS) $(SIGNER_TEST_LIBS) libbroker.a $(DAEMON_LIBS)
CLEANFILES += tests/bench/bench_growth
BENCHES += bench-growth

# What a stranger's enrolment costs: seconds.
EXTRA_PROGRAMS += tests/bench/bench_enrolment
tests_bench_bench_enrolment_SOURCES = tests/bench/bench_enrolment.c $(BENCH_MEASURE) $(EK_FIXTURE)
tests_bench_bench_enrolment_CPPFLAGS = $(tests_bench_bench_growth_CPPFLAGS)
tests_bench_bench_enrolment_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
CLEANFILES += tests/bench/bench_enrolment
BENCHES += bench-enrolment
endif

.PHONY: bench-growth
bench-growth: tests/bench/bench_growth
	@$(AM_TESTS_ENVIRONMENT) tests/bench/bench_growth

.PHONY: bench-enrolment
bench-enrolment: tests/bench/bench_enrolment
	@$(AM_TESTS_ENVIRONMENT) tests/bench/bench_enrolment
