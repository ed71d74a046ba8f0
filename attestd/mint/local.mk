# The mint, by what each floor knows: who calls, what gRPC says, the Workload API, who is
# admitted, what identities there are; the core joins them.
noinst_LIBRARIES += libcaller.a libmint.a

libcaller_a_SOURCES = \
	attestd/mint/caller/caller.c attestd/mint/caller/caller.h \
	attestd/mint/caller/cgroup.c attestd/mint/caller/cgroup.h \
	attestd/mint/caller/denials.c attestd/mint/caller/denials.h \
	attestd/mint/caller/peer.c attestd/mint/caller/peer.h \
	attestd/mint/caller/proc_text.c attestd/mint/caller/proc_text.h \
	attestd/mint/caller/rates.c attestd/mint/caller/rates.h

include attestd/mint/workload/local.mk

libmint_a_SOURCES = \
	attestd/mint/admittance.c attestd/mint/admittance.h \
	attestd/mint/core.c attestd/mint/core.h \
	attestd/mint/handed_bundles.c attestd/mint/handed_bundles.h \
	attestd/mint/mint.c attestd/mint/mint.h \
	attestd/mint/token_refusal.c attestd/mint/token_refusal.h \
	attestd/mint/token_validation.c attestd/mint/token_validation.h \
	attestd/mint/tokens.c attestd/mint/tokens.h \
	attestd/mint/wished_token.c attestd/mint/wished_token.h \
	attestd/mint/admission/admission.c attestd/mint/admission/admission.h \
	attestd/mint/admission/executable.c attestd/mint/admission/executable.h \
	attestd/mint/admission/file_times.c attestd/mint/admission/file_times.h \
	attestd/mint/admission/gate.c attestd/mint/admission/gate.h \
	attestd/mint/admission/measured.c attestd/mint/admission/measured.h \
	attestd/mint/identity/held_identity.c attestd/mint/identity/held_identity.h \
	attestd/mint/identity/identities.c attestd/mint/identity/identities.h \
	attestd/mint/identity/identity_files.c attestd/mint/identity/identity_files.h \
	attestd/mint/identity/jobs.c attestd/mint/identity/jobs.h \
	attestd/mint/identity/making.c attestd/mint/identity/making.h \
	attestd/mint/identity/right.c attestd/mint/identity/right.h \
	attestd/mint/identity/signing.c attestd/mint/identity/signing.h \
	attestd/mint/identity/svid.c attestd/mint/identity/svid.h \
	attestd/mint/identity/svid_directory.c attestd/mint/identity/svid_directory.h
libmint_a_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS)
MINT_LIBS = libmint.a $(WORKLOAD_LIBS) $(ATTESTD_LIBS)
