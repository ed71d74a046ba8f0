# make bench: figures as ratios within one run, one JSON object a line. Each bench
# is a program of its own, with $(BENCH_MEASURE) among its sources.
BENCH_MEASURE = tests/bench/measure.c tests/bench/measure.h
BENCH_IMA_SCENE = tests/bench/ima_scene.c tests/bench/ima_scene.h
BENCHES = bench-logs
include tests/bench/attestd.mk
include tests/bench/collect.mk
include tests/bench/fleet.mk
include tests/bench/growth.mk
include tests/bench/releases.mk
include tests/bench/workload.mk

EXTRA_PROGRAMS += tests/bench/bench_ima tests/bench/bench_sets tests/bench/bench_boot
tests_bench_bench_ima_SOURCES = tests/bench/bench_ima.c $(BENCH_IMA_SCENE) $(BENCH_MEASURE)
tests_bench_bench_ima_LDADD = $(APPRAISAL_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS)
tests_bench_bench_sets_SOURCES = tests/bench/bench_sets.c $(BENCH_IMA_SCENE) $(BENCH_MEASURE)
tests_bench_bench_sets_LDADD = $(tests_bench_bench_ima_LDADD)
tests_bench_bench_boot_SOURCES = tests/bench/bench_boot.c $(BENCH_MEASURE)
tests_bench_bench_boot_LDADD = $(tests_bench_bench_ima_LDADD)
CLEANFILES += tests/bench/bench_ima tests/bench/bench_sets tests/bench/bench_boot

# Recorded logs of a server where they are, the project's own short captures else.
.PHONY: bench bench-logs
bench: $(BENCHES)
bench-logs: tests/bench/bench_ima tests/bench/bench_sets tests/bench/bench_boot
	@shared="$${ATTESTD_SHARED_DATA:-$(srcdir)/../shared/data}"; \
	ima="$$shared/ima/dl160.bin" boot="$$shared/uefi/dl160.bin"; \
	[ -f "$$ima" ] || ima=$(srcdir)/tests/data/sb-exec-policy/ima.bin; \
	[ -f "$$boot" ] || boot=$(srcdir)/tests/data/sb-exec-policy/boot_log.bin; \
	tests/bench/bench_ima "$$ima" && tests/bench/bench_boot "$$boot" && \
	tests/bench/bench_sets "$$ima"
