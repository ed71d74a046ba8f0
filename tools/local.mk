bin_PROGRAMS += attestctl
attestctl_SOURCES = tools/attestctl.c tools/command.h tools/commands.h
attestctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
attestctl_LDADD = libdaemon.a libbase.a $(JANSSON_LIBS) $(CRYPTO_LIBS)
