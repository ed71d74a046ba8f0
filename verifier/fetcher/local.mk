# Fetches a release over HTTPS for the loader: a program of its own, since none of the
# others is to have libcurl in its memory.
noinst_LIBRARIES += libfetcher.a
libfetcher_a_SOURCES = \
	verifier/fetcher/confine.c verifier/fetcher/confine.h \
	verifier/fetcher/fetcher.c verifier/fetcher/fetcher.h \
	verifier/fetcher/https_client.c verifier/fetcher/https_client.h \
	verifier/fetcher/staging.c verifier/fetcher/staging.h \
	verifier/fetcher/tree.c verifier/fetcher/tree.h
libfetcher_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
FETCHER_LIBS = libfetcher.a $(SIGNER_MESSAGES_LIBS) libdaemon.a libbase.a $(CRYPTO_LIBS) $(HTTPS_LIBS)

pkglibexec_PROGRAMS += verifier/roles/fetcher
verifier_roles_fetcher_SOURCES = verifier/fetcher/main.c
verifier_roles_fetcher_CPPFLAGS = $(AM_CPPFLAGS)
verifier_roles_fetcher_LDFLAGS = $(LINK_AS_NEEDED)
verifier_roles_fetcher_LDADD = $(FETCHER_LIBS)
