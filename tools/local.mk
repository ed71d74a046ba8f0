bin_PROGRAMS += attestctl
attestctl_SOURCES = \
	tools/attestctl.c tools/command.h tools/commands.h \
	tools/boot_text.c tools/boot_text.h tools/log_text.c tools/log_text.h \
	tools/command_bootlog.c tools/command_imalog.c \
	tools/command_ek.c \
	tools/command_quote.c
attestctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
attestctl_LDADD = libdaemon.a libtpm.a libmessages.a libbase.a $(JANSSON_LIBS) $(CRYPTO_LIBS)
