noinst_LIBRARIES += libdaemon.a
libdaemon_a_SOURCES = \
	lib/daemon/channel.c lib/daemon/channel.h \
	lib/daemon/clock.c lib/daemon/clock.h \
	lib/daemon/clock_set.c lib/daemon/clock_set.h \
	lib/daemon/command_line.c lib/daemon/command_line.h \
	lib/daemon/confinement.c lib/daemon/confinement.h \
	lib/daemon/directory.c lib/daemon/directory.h \
	lib/daemon/file.c lib/daemon/file.h \
	lib/daemon/file_watch.c lib/daemon/file_watch.h \
	lib/daemon/log.c lib/daemon/log.h \
	lib/daemon/mapping.c lib/daemon/mapping.h \
	lib/daemon/notify.c lib/daemon/notify.h \
	lib/daemon/role.c lib/daemon/role.h \
	lib/daemon/role_directory.c lib/daemon/role_directory.h \
	lib/daemon/setting_values.h \
	lib/daemon/settings.c lib/daemon/settings.h \
	lib/daemon/settings_files.c lib/daemon/settings_ini.c \
	lib/daemon/trusted_path.c lib/daemon/trusted_path.h
libdaemon_a_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(INIH_CFLAGS) $(SYSTEMD_CFLAGS)
DAEMON_LIBS = libdaemon.a libbase.a $(LIBEVENT_LIBS) $(INIH_LIBS) $(SYSTEMD_LIBS) $(SSL_LIBS) $(CRYPTO_LIBS)
