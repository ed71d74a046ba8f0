# Releases: difference, load and memory of half a million files. A minute, 200 MB in TMPDIR.
EXTRA_PROGRAMS += tests/bench/bench_releases
tests_bench_bench_releases_SOURCES = tests/bench/bench_releases.c $(BENCH_MEASURE) \
	tools/release/release_directory.c tools/release/release_directory.h
tests_bench_bench_releases_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/bench
tests_bench_bench_releases_LDADD = $(POLICIES_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS)
CLEANFILES += tests/bench/bench_releases
EXTRA_DIST += tests/bench/releases
BENCHES += bench-releases

.PHONY: bench-releases
bench-releases: tests/bench/bench_releases attestctl
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/releases
