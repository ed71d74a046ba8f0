# attestctl release collect: a real system's files, and half a million.
BENCHES += bench-collect
EXTRA_DIST += tests/bench/collect

.PHONY: bench-collect
bench-collect: attestctl
	@$(AM_TESTS_ENVIRONMENT) $(srcdir)/tests/bench/collect
