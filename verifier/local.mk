# The verifier: one program, four roles, a library each.
include verifier/appraisal/local.mk
include verifier/store/local.mk
include verifier/signer/local.mk
include verifier/front/local.mk
include verifier/appraiser/local.mk
include verifier/loader/local.mk

sbin_PROGRAMS += verifier/verifierd
verifier_verifierd_SOURCES = \
	verifier/configuration.c verifier/configuration.h \
	verifier/initialise.c verifier/initialise.h \
	verifier/release_watch.c verifier/release_watch.h \
	verifier/supervisor.c verifier/supervisor.h \
	verifier/verifierd.c
verifier_verifierd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(SYSTEMD_CFLAGS) $(SSL_CFLAGS)
verifier_verifierd_LDADD = libfront.a libappraiser.a libloader.a libsigner.a $(STORE_LIBS) \
	$(APPRAISAL_LIBS) libmessages.a $(DAEMON_LIBS) $(ZSTD_LIBS) $(JANSSON_LIBS)
