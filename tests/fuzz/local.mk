# A fuzz target is one file with LLVMFuzzerTestOneInput. With --enable-fuzzing
# it links libFuzzer; without, replay.c, which runs every file it is given.
FUZZ_TARGETS =
EXTRA_DIST += tests/fuzz/replay-corpora
if FUZZING
FUZZ_MAIN =
else
FUZZ_MAIN = tests/fuzz/replay.c
endif
include tests/fuzz/messages.mk
include tests/fuzz/tpm.mk
include tests/fuzz/logs.mk
include tests/fuzz/ek.mk
include tests/fuzz/policies.mk
include tests/fuzz/verifier.mk
include tests/fuzz/attestd.mk
check_PROGRAMS += $(FUZZ_TARGETS)
TESTS += tests/fuzz/replay-corpora
