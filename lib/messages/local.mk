# What lib/messages builds.
noinst_LIBRARIES += libmessages.a
libmessages_a_SOURCES = \
	lib/messages/strict_json.c lib/messages/strict_json.h
libmessages_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
MESSAGES_LIBS = libmessages.a $(JANSSON_LIBS) $(BASE_LIBS)
