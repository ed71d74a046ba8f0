# attestctl: a folder for each part of what it does, and here what all of them use.
bin_PROGRAMS += attestctl
attestctl_SOURCES = \
	tools/attestctl.c \
	tools/auto_jansson.h \
	tools/command.c tools/command.h \
	tools/commands.h \
	tools/json_changes.c tools/json_changes.h \
	tools/log_text.c tools/log_text.h \
	tools/options.c tools/options.h \
	tools/path.c tools/path.h \
	tools/progress.c tools/progress.h \
	tools/public_key.c tools/public_key.h
include tools/artifacts/local.mk
include tools/evidence/local.mk
include tools/fleet/local.mk
include tools/release/local.mk
include tools/collect/local.mk
include tools/audit/local.mk
attestctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(ARCHIVE_CFLAGS) $(NGHTTP2_CFLAGS)
attestctl_LDADD = libappraisal.a libartifacts.a libpolicies.a libtransparency.a libdaemon.a libtpm.a libmessages.a libbase.a $(JANSSON_LIBS) $(HTTPS_LIBS) $(ARCHIVE_LIBS) $(NGHTTP2_LIBS) $(CRYPTO_LIBS)

dist_noinst_SCRIPTS += tools/check
EXTRA_DIST += tools/packages
