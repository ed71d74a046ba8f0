noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	lib/base/auto.h lib/base/auto_openssl.h \
	lib/base/bytes.c lib/base/bytes.h \
	lib/base/digest.c lib/base/digest.h \
	lib/base/reader.c lib/base/reader.h \
	lib/base/secret.c \
	lib/base/status.c lib/base/status.h \
	lib/base/text.c lib/base/text.h \
	lib/base/writer.c lib/base/writer.h
BASE_LIBS = libbase.a $(CRYPTO_LIBS)

include lib/messages/local.mk
include lib/daemon/local.mk
include lib/https/local.mk
