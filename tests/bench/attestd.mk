# attestd's figures, on the node that quickstart leaves.
EXTRA_PROGRAMS += tests/bench/bench_attestd
tests_bench_bench_attestd_SOURCES = tests/bench/bench_attestd.c tests/integration/tpm_proxy.c \
	tests/integration/tpm_proxy.h $(BENCH_MEASURE)
tests_bench_bench_attestd_LDADD = -lm
CLEANFILES += tests/bench/bench_attestd
BENCHES += bench-attestd
EXTRA_DIST += tests/bench/attestd

.PHONY: bench-attestd
bench-attestd: tests/bench/bench_attestd all
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/attestd
