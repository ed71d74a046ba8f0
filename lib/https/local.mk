# What HTTPS clients have in common.
noinst_LIBRARIES += libhttps.a
libhttps_a_SOURCES = lib/https/strict.c lib/https/strict.h
libhttps_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
HTTPS_LIBS = libhttps.a $(CURL_LIBS)
