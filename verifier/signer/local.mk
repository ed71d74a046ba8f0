# What appraiser and signer say to each other.
noinst_LIBRARIES += libsigner_messages.a
libsigner_messages_a_SOURCES = \
	verifier/frames.h \
	verifier/keep.c verifier/keep.h \
	verifier/signer_messages.c verifier/signer_messages.h \
	verifier/wire.c verifier/wire.h
SIGNER_MESSAGES_LIBS = libsigner_messages.a $(MESSAGES_LIBS)

noinst_LIBRARIES += libsigner.a
libsigner_a_SOURCES = \
	verifier/signer/ek_binding.c verifier/signer/ek_binding.h \
	verifier/signer/nonce.c verifier/signer/nonce.h \
	verifier/signer/signer.h
libsigner_a_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
SIGNER_LIBS = libsigner.a libappraisal.a libpolicies.a libtpm.a $(STORE_LIBS) $(DAEMON_LIBS)
