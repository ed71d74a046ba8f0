# Parses and appraises: no network, no keys.
noinst_LIBRARIES += libappraiser.a
libappraiser_a_SOURCES = \
	verifier/appraiser/administration.c \
	verifier/appraiser/appraiser.c verifier/appraiser/appraiser.h \
	verifier/appraiser/attestation.c \
	verifier/appraiser/ek_pools.c verifier/appraiser/ek_pools.h \
	verifier/appraiser/enrolment.c \
	verifier/appraiser/entry_json.c verifier/appraiser/entry_json.h \
	verifier/appraiser/evidence_file.c \
	verifier/appraiser/log_frame.c verifier/appraiser/log_frame.h \
	verifier/appraiser/jobs.c verifier/appraiser/jobs.h \
	verifier/appraiser/mapped_reference.c \
	verifier/appraiser/query.c verifier/appraiser/query.h \
	verifier/appraiser/requests.c verifier/appraiser/requests.h \
	verifier/appraiser/routes.c \
	verifier/appraiser/service.c \
	verifier/appraiser/task.c verifier/appraiser/task.h
libappraiser_a_CPPFLAGS = $(AM_CPPFLAGS) $(ZSTD_CFLAGS)
APPRAISER_LIBS = libappraiser.a $(APPRAISAL_LIBS) $(SIGNER_MESSAGES_LIBS) libdaemon.a $(ZSTD_LIBS) \
	$(MESSAGES_LIBS)
