bin_PROGRAMS += attestctl
attestctl_SOURCES = \
	tools/attestctl.c tools/command.h tools/commands.h \
	tools/command_ek.c \
	tools/command_quote.c
attestctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
attestctl_LDADD = libdaemon.a libtpm.a libmessages.a libbase.a $(JANSSON_LIBS) $(CRYPTO_LIBS)
