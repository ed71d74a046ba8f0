# A fuzz target is one file with LLVMFuzzerTestOneInput. With --enable-fuzzing
# it links libFuzzer; without, replay.c, which runs every file it is given.
FUZZ_TARGETS =
EXTRA_DIST += tests/fuzz/replay-corpora tests/fuzz/run tests/fuzz/targets tests/fuzz/README.md \
	tests/fuzz/dictionaries tests/fuzz/fuzz.h
if FUZZING
FUZZ_MAIN =
else
FUZZ_MAIN = libreplay.a
check_LIBRARIES += libreplay.a
libreplay_a_SOURCES = tests/fuzz/replay.c
endif
include tests/fuzz/messages.mk
include tests/fuzz/tpm.mk
include tests/fuzz/logs.mk
include tests/fuzz/ek.mk
include tests/fuzz/policies.mk
include tests/fuzz/transparency.mk
include tests/fuzz/artifacts.mk
include tests/fuzz/verifier.mk
include tests/fuzz/attestd.mk
include tests/fuzz/workload.mk
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += tests/fuzz/replay-corpora
AM_TESTS_ENVIRONMENT += FUZZ_TARGETS='$(FUZZ_TARGETS)'; export FUZZ_TARGETS;

# make fuzz [FUZZ="boot_log ima_log"] [FUZZ_RUNS=100000]: tests/fuzz/README.md. In a
# build that is none for fuzzing, one is made in fuzzing/.
FUZZ = $(FUZZ_TARGETS:tests/fuzz/fuzz_%=%)
FUZZ_RUNS = 10000000
FUZZ_JOBS = 2
FUZZ_SECONDS = 0
.PHONY: fuzz
if FUZZING
fuzz: $(FUZZ:%=tests/fuzz/fuzz_%)
	@srcdir='$(srcdir)' builddir='$(builddir)' FUZZ_RUNS='$(FUZZ_RUNS)' \
		FUZZ_JOBS='$(FUZZ_JOBS)' FUZZ_SECONDS='$(FUZZ_SECONDS)' \
		'$(srcdir)/tests/fuzz/run' $(FUZZ)
else
fuzz: fuzzing/Makefile
	@$(MAKE) -s -C fuzzing fuzz FUZZ='$(FUZZ)' FUZZ_RUNS='$(FUZZ_RUNS)' \
		FUZZ_JOBS='$(FUZZ_JOBS)' FUZZ_SECONDS='$(FUZZ_SECONDS)'
endif
fuzzing/Makefile:
	$(MKDIR_P) fuzzing && cd fuzzing && \
		'$(abs_top_srcdir)/configure' --enable-fuzzing --enable-sanitizers CC=clang CFLAGS='-O2 -g'
