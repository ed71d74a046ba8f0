# The verifier: one program, four roles, a library each; the fifth is a program.
include verifier/appraisal/local.mk
include verifier/store/local.mk
include verifier/signer/local.mk
include verifier/front/local.mk
include verifier/appraiser/local.mk
include verifier/loader/local.mk
include verifier/fetcher/local.mk

sbin_PROGRAMS += verifier/verifierd
# Apart, for its tests.
ROLE_SET = verifier/role_set.c verifier/role_set.h
verifier_verifierd_SOURCES = $(ROLE_SET) \
	verifier/configuration.c verifier/configuration.h \
	verifier/following.c verifier/following.h \
	verifier/initialise.c verifier/initialise.h \
	verifier/listening.c verifier/listening.h \
	verifier/open_files.c verifier/open_files.h \
	verifier/release_watch.c verifier/release_watch.h \
	verifier/supervisor.c verifier/supervisor.h \
	verifier/verifierd.c
verifier_verifierd_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(SYSTEMD_CFLAGS) $(SSL_CFLAGS) \
	$(CONFIGURATION_CPPFLAGS) -DSBINDIR='"$(sbindir)"' -DROLEDIR='"$(pkglibexecdir)"'
EXTRA_verifier_verifierd_DEPENDENCIES = verifier/roles/fetcher$(EXEEXT)
verifier_verifierd_LDADD = libfront.a libappraiser.a libloader.a libsigner.a $(STORE_LIBS) \
	$(APPRAISAL_LIBS) libmessages.a $(DAEMON_LIBS) $(ZSTD_LIBS)

systemdsystemunit_DATA += verifier/systemd/verifierd.service
CLEANFILES += verifier/systemd/verifierd.service
EXTRA_DIST += verifier/systemd/verifierd.service.in
verifier/systemd/verifierd.service: verifier/systemd/verifierd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) verifier/systemd && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' \
		$(srcdir)/verifier/systemd/verifierd.service.in >$@
example_DATA += docs/local/verifierd.conf.example
CLEANFILES += docs/local/verifierd.conf.example
EXTRA_DIST += verifier/systemd/verifierd.conf.example
docs/local/verifierd.conf.example: verifier/systemd/verifierd.conf.example Makefile
	$(localised) $(srcdir)/verifier/systemd/verifierd.conf.example >$@
