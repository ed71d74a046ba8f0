noinst_LIBRARIES += libstore.a
libstore_a_SOURCES = \
	verifier/store/ahead.c \
	verifier/store/attesters.c \
	verifier/store/audit.c \
	verifier/store/claim.c \
	verifier/store/entries.c \
	verifier/store/nodes.c \
	verifier/store/query.c \
	verifier/store/schema.c \
	verifier/store/sessions.c \
	verifier/store/sqlite.h \
	verifier/store/store.c verifier/store/store.h \
	verifier/store/trials.c
libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
STORE_LIBS = libstore.a $(SQLITE_LIBS) $(SIGNER_MESSAGES_LIBS)
