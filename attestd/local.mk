# The node's daemon: a parent and three roles, each a program with a library.
sbin_PROGRAMS += attestd/attestd
pkglibexec_PROGRAMS += attestd/roles/agent attestd/roles/broker attestd/roles/mint
noinst_LIBRARIES += libattestd.a libagent.a libbroker.a

libattestd_a_SOURCES = \
	attestd/configuration.c attestd/configuration.h \
	attestd/frames.h \
	attestd/grant.c attestd/grant.h \
	attestd/jwt_svid.c attestd/jwt_svid.h \
	attestd/role_program.c attestd/role_program.h \
	attestd/subject.c attestd/subject.h \
	attestd/svid_names.c attestd/svid_names.h \
	attestd/svid_profile.c attestd/svid_profile.h \
	attestd/svid_tbs.c attestd/svid_tbs.h
ATTESTD_LIBS = libattestd.a libtpm.a $(MESSAGES_LIBS) $(DAEMON_LIBS)

libagent_a_SOURCES = \
	attestd/agent/agent.c attestd/agent/agent.h \
	attestd/agent/attest.c attestd/agent/attest.h \
	attestd/agent/broker_client.c attestd/agent/broker_client.h \
	attestd/agent/enrolment.c attestd/agent/enrolment.h \
	attestd/agent/rounds.c attestd/agent/rounds.h \
	attestd/agent/schedule.c attestd/agent/schedule.h \
	attestd/agent/told.c attestd/agent/told.h \
	attestd/agent/verifier_client.c attestd/agent/verifier_client.h \
	attestd/agent/wait.c attestd/agent/wait.h
libagent_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
AGENT_LIBS = libagent.a $(ATTESTD_LIBS) $(HTTPS_LIBS)

libbroker_a_SOURCES = \
	attestd/broker/broker.c attestd/broker/broker.h \
	attestd/broker/ends.c attestd/broker/ends.h \
	attestd/broker/enrolment.c \
	attestd/broker/evidence.c \
	attestd/broker/issuance.c \
	attestd/broker/jwt_request.c \
	attestd/broker/journal.c attestd/broker/journal.h \
	attestd/broker/logs.c attestd/broker/logs.h \
	attestd/broker/measured.c attestd/broker/measured.h \
	attestd/broker/reason.c \
	attestd/broker/right.c \
	attestd/broker/wishes.c attestd/broker/wishes.h
BROKER_LIBS = libbroker.a $(DEVICE_LIBS) $(ATTESTD_LIBS) $(TPM_LIBS)

include attestd/mint/local.mk

# What a process links but does not use costs its start and its memory.
LINK_AS_NEEDED = $(AM_LDFLAGS) -Wl,--as-needed

# Beside it while it is not installed: attestd/roles.
attestd_attestd_SOURCES = attestd/attestd.c
attestd_attestd_CPPFLAGS = $(AM_CPPFLAGS) $(CONFIGURATION_CPPFLAGS) -DSBINDIR='"$(sbindir)"' \
	-DROLEDIR='"$(pkglibexecdir)"'
attestd_attestd_LDFLAGS = $(LINK_AS_NEEDED)
attestd_attestd_LDADD = libdaemon.a libbase.a
EXTRA_attestd_attestd_DEPENDENCIES = attestd/roles/agent$(EXEEXT) \
	attestd/roles/broker$(EXEEXT) attestd/roles/mint$(EXEEXT)

attestd_roles_agent_SOURCES = attestd/agent/main.c
attestd_roles_agent_CPPFLAGS = $(libagent_a_CPPFLAGS)
attestd_roles_agent_LDFLAGS = $(LINK_AS_NEEDED)
attestd_roles_agent_LDADD = $(AGENT_LIBS)

attestd_roles_broker_SOURCES = attestd/broker/main.c
attestd_roles_broker_LDFLAGS = $(LINK_AS_NEEDED)
attestd_roles_broker_LDADD = $(BROKER_LIBS)

attestd_roles_mint_SOURCES = attestd/mint/main.c
attestd_roles_mint_LDFLAGS = $(LINK_AS_NEEDED)
attestd_roles_mint_LDADD = $(MINT_LIBS)

# The unit names the program's real path, and so is made, not configured.
systemdsystemunit_DATA += attestd/systemd/attestd.service
CLEANFILES += attestd/systemd/attestd.service
EXTRA_DIST += attestd/systemd/attestd.service.in
attestd/systemd/attestd.service: attestd/systemd/attestd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) attestd/systemd && \
	$(SED) -e 's|@sbindir[@]|$(sbindir)|' -e 's|@sysconfdir[@]|$(sysconfdir)|' \
		$(srcdir)/attestd/systemd/attestd.service.in >$@
example_DATA += docs/local/attestd.conf.example
CLEANFILES += docs/local/attestd.conf.example
EXTRA_DIST += attestd/systemd/attestd.conf.example
docs/local/attestd.conf.example: attestd/systemd/attestd.conf.example Makefile
	$(localised) $(srcdir)/attestd/systemd/attestd.conf.example >$@
