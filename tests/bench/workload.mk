# The Workload API's figures, on the node that quickstart leaves.
EXTRA_PROGRAMS += tests/bench/bench_workload
tests_bench_bench_workload_SOURCES = tests/bench/bench_workload.c \
	tests/bench/tpm_signer.c tests/bench/tpm_signer.h \
	tests/bench/workload_benches.h tests/bench/workload_fetch.c \
	tests/bench/workload_mint.c tests/bench/workload_streams.c \
	tests/bench/workload_client.c tests/bench/workload_client.h \
	tests/bench/workload_echo.c tests/bench/workload_echo.h \
	tests/bench/workload_jobs.c tests/bench/workload_jobs.h $(BENCH_MEASURE)
tests_bench_bench_workload_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS) $(NGHTTP2_CFLAGS) \
	$(TSS2_CFLAGS)
tests_bench_bench_workload_LDADD = $(TSS2_LIBS) $(EVENT_CORE_LIBS) $(NGHTTP2_LIBS) -lm
CLEANFILES += tests/bench/bench_workload
BENCHES += bench-workload
EXTRA_DIST += tests/bench/workload

.PHONY: bench-workload
bench-workload: tests/bench/bench_workload tests/bench/bench_attestd all
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/workload
