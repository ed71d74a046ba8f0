# What appraiser and signer say to each other.
noinst_LIBRARIES += libsigner_messages.a
libsigner_messages_a_SOURCES = \
	verifier/frames.h \
	verifier/keep.c verifier/keep.h \
	verifier/signer_messages.c verifier/signer_messages.h \
	verifier/wire.c verifier/wire.h
SIGNER_MESSAGES_LIBS = libsigner_messages.a $(MESSAGES_LIBS)
