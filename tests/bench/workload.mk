# The Workload API's figures: in processes of the bench's own.
EXTRA_PROGRAMS += tests/bench/bench_workload
tests_bench_bench_workload_SOURCES = tests/bench/bench_workload.c \
	tests/bench/workload_client.c tests/bench/workload_client.h $(BENCH_MEASURE)
tests_bench_bench_workload_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS) $(NGHTTP2_CFLAGS)
tests_bench_bench_workload_LDADD = $(MINT_LIBS)
CLEANFILES += tests/bench/bench_workload
BENCHES += bench-workload

.PHONY: bench-workload
bench-workload: tests/bench/bench_workload
	@tests/bench/bench_workload
