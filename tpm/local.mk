# What a TPM says and what its logs mean; no TPM is needed.
noinst_LIBRARIES += libtpm.a
libtpm_a_SOURCES = \
	tpm/attest.c tpm/attest.h \
	tpm/certificate.c tpm/certificate.h \
	tpm/certificate_key.c tpm/certificate_name.c tpm/certificate_signature.c \
	tpm/credential.c tpm/credential.h \
	tpm/der.c tpm/der.h \
	tpm/ek_certificate.c tpm/ek_certificate.h \
	tpm/ek_path.c tpm/ek_path.h \
	tpm/ek_pool.c \
	tpm/ek_revocation.c \
	tpm/boot_log.c tpm/boot_log.h \
	tpm/boot_payload.c tpm/boot_payload.h \
	tpm/ima_log.c tpm/ima_log.h tpm/ima_replay.c tpm/ima_template.c \
	tpm/pcr.c tpm/pcr.h \
	tpm/pem.c tpm/pem.h \
	tpm/policy_digest.c tpm/policy_digest.h \
	tpm/public_area.c tpm/public_area.h \
	tpm/signature.c tpm/signature.h
TPM_LIBS = libtpm.a libbase.a $(CRYPTO_LIBS)
