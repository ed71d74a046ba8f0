# The appraisal: evidence and reference values in, claims and reasons out. Pure.
noinst_LIBRARIES += libappraisal.a
libappraisal_a_SOURCES = \
	verifier/appraisal/appraise.h \
	verifier/appraisal/authenticate.h \
	verifier/appraisal/claims.c verifier/appraisal/claims.h \
	verifier/appraisal/reason.c verifier/appraisal/reason.h
APPRAISAL_LIBS = libappraisal.a libpolicies.a libtpm.a $(BASE_LIBS)
