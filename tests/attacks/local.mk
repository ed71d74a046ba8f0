# What the service must withstand: a test for each attack, named by its row.
# "make attacks" builds these programs alone; tests/mutations/run takes each
# row's check out and wants that row's test to fail.
ATTACK_TESTS =
include tests/attacks/quote.mk
include tests/attacks/boot.mk
include tests/attacks/ima.mk
include tests/attacks/release.mk
include tests/attacks/service.mk
include tests/attacks/workload.mk
check_PROGRAMS += $(ATTACK_TESTS)
TESTS += $(ATTACK_TESTS)
EXTRA_DIST += tests/attacks/attacks.h tests/attacks/rows
TESTS += tests/attacks/rows
attacks: $(ATTACK_TESTS)
.PHONY: attacks

EXTRA_DIST += tests/mutations
