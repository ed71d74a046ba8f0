# What a TPM says and what its logs mean; no TPM is needed.
noinst_LIBRARIES += libtpm.a
libtpm_a_SOURCES = \
	tpm/attest.c tpm/attest.h \
	tpm/credential.c tpm/credential.h \
	tpm/pcr.c tpm/pcr.h \
	tpm/policy_digest.c tpm/policy_digest.h \
	tpm/public_area.c tpm/public_area.h \
	tpm/signature.c tpm/signature.h
TPM_LIBS = libtpm.a libbase.a $(CRYPTO_LIBS)
