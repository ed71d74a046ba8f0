# What several tests share, compiled once; each fragment adds to them.
check_LIBRARIES =
libscenes_a_SOURCES =
libappraisalscene_a_SOURCES =
if HAVE_CMOCKA
check_LIBRARIES += libscenes.a libappraisalscene.a
libscenes_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(SQLITE_CFLAGS) $(SSL_CFLAGS) \
	$(LIBEVENT_CFLAGS) $(CMOCKA_CFLAGS)
libappraisalscene_a_CPPFLAGS = $(libscenes_a_CPPFLAGS)
endif

# Each area's tests stand in a fragment of their own.
include tests/unit/base.mk
include tests/unit/messages.mk
include tests/unit/daemon.mk
include tests/unit/tpm.mk
include tests/unit/logs.mk
include tests/unit/ek.mk
include tests/unit/policies.mk
include tests/unit/transparency.mk
include tests/unit/artifacts.mk
include tests/unit/appraisal.mk
include tests/unit/verifier.mk
include tests/unit/attestd.mk
include tests/unit/workload.mk
include tests/unit/mint.mk
include tests/attacks/local.mk
include tests/fuzz/local.mk
include tests/integration/local.mk
include tests/bench/local.mk

# The captures that always run.
EXTRA_DIST += tests/data/README.md tests/data/ca tests/data/ramfs-custompolicy \
	tests/data/sb-exec-policy

EXTRA_DIST += tests/layers tests/limited tests/unit/scratch.h
TESTS += tests/layers

# A real machine takes minutes: tools/check boots one, make check does not.
EXTRA_DIST += tests/boot/README.md tests/boot/run tests/boot/packages.sh tests/boot/image.sh \
	tests/boot/machine.sh tests/boot/verifier.sh tests/boot/scenarios.sh tests/boot/modules.sh \
	tests/boot/weaker.sh tests/boot/keys.sh \
	tests/boot/kernel_certificates.py tests/boot/silence.sh tests/boot/next_kernel.sh \
	tests/boot/uki.sh tests/boot/guest
EXTRA_DIST += tests/boot/figures.sh tests/boot/capture.sh tests/boot/capture tests/boot/bad_input
