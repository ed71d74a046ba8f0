# The only folder that talks to a TPM.
noinst_LIBRARIES += libtpmdevice.a
libtpmdevice_a_SOURCES = \
	tpm/device/answer.c \
	tpm/device/capability.c \
	tpm/device/connection.c tpm/device/connection.h \
	tpm/device/device.h \
	tpm/device/ek.c \
	tpm/device/guard.c \
	tpm/device/keys.c \
	tpm/device/loaded.c \
	tpm/device/minting.c \
	tpm/device/minting_signature.c \
	tpm/device/statements.c \
	tpm/device/templates.c tpm/device/templates.h
libtpmdevice_a_CPPFLAGS = $(AM_CPPFLAGS) $(TSS2_CFLAGS)
DEVICE_LIBS = libtpmdevice.a $(TPM_LIBS) $(TSS2_LIBS)
