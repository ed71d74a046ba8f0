# make bench: figures as ratios within one run, one JSON object a line. Each bench
# is a program of its own, with $(BENCH_MEASURE) among its sources.
BENCH_MEASURE = tests/bench/measure.c tests/bench/measure.h
BENCHES = tests/bench/bench_ima
include tests/bench/attestd.mk
include tests/bench/fleet.mk
include tests/bench/growth.mk

EXTRA_PROGRAMS += tests/bench/bench_ima
tests_bench_bench_ima_SOURCES = tests/bench/bench_ima.c $(BENCH_MEASURE)
tests_bench_bench_ima_LDADD = $(APPRAISAL_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS)
CLEANFILES += tests/bench/bench_ima

.PHONY: bench
bench: $(BENCHES)
	@list="$${ATTESTD_SHARED_DATA:-$(srcdir)/../shared/data}/ima/dl160.bin"; \
	[ -f "$$list" ] || list=$(srcdir)/tests/data/sb-exec-policy/ima.bin; \
	tests/bench/bench_ima "$$list"
