# The appraisal: evidence and reference values in, claims and reasons out. Pure.
noinst_LIBRARIES += libappraisal.a
libappraisal_a_SOURCES = \
	verifier/appraisal/appraise.c verifier/appraisal/appraise.h \
	verifier/appraisal/approved_file.c verifier/appraisal/approved_file.h \
	verifier/appraisal/authenticate.c verifier/appraisal/authenticate.h \
	verifier/appraisal/boot_appraisal.c verifier/appraisal/boot_appraisal.h \
	verifier/appraisal/boot_ignored.c verifier/appraisal/boot_ignored.h \
	verifier/appraisal/boot_match.c verifier/appraisal/boot_match.h \
	verifier/appraisal/claims.c verifier/appraisal/claims.h \
	verifier/appraisal/command_line.c verifier/appraisal/command_line.h \
	verifier/appraisal/ima_appraisal.c verifier/appraisal/ima_appraisal.h \
	verifier/appraisal/ima_entry_check.c verifier/appraisal/ima_entry_check.h \
	verifier/appraisal/ima_walk.c verifier/appraisal/ima_walk.h \
	verifier/appraisal/listed_digests.c verifier/appraisal/listed_digests.h \
	verifier/appraisal/reason.c verifier/appraisal/reason.h \
	verifier/appraisal/secure_boot.c verifier/appraisal/secure_boot.h \
	verifier/appraisal/state.c verifier/appraisal/state.h \
	verifier/appraisal/svid.c verifier/appraisal/svid.h
APPRAISAL_LIBS = libappraisal.a libpolicies.a libtransparency.a libtpm.a $(MESSAGES_LIBS)
