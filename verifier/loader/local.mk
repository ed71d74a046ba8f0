# Verifies releases, never sees evidence; ends when it is done.
noinst_LIBRARIES += libloader.a
libloader_a_SOURCES = \
	verifier/loader/fetch_source.c verifier/loader/fetch_source.h \
	verifier/loader/loader.c verifier/loader/loader.h
LOADER_LIBS = libloader.a $(SIGNER_MESSAGES_LIBS) $(POLICIES_LIBS) libdaemon.a
