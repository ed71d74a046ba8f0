# What appraiser and signer say to each other.
noinst_LIBRARIES += libsigner_messages.a
libsigner_messages_a_SOURCES = \
	verifier/administration_messages.c verifier/administration_messages.h \
	verifier/audit_record.c verifier/audit_record.h \
	verifier/fetch_messages.c verifier/fetch_messages.h \
	verifier/frames.h \
	verifier/keep.c verifier/keep.h \
	verifier/loader_messages.c verifier/loader_messages.h \
	verifier/refusal.c verifier/refusal.h \
	verifier/signer_messages.c verifier/signer_messages.h \
	verifier/signer_parts.c verifier/signer_parts.h \
	verifier/wire.c verifier/wire.h
SIGNER_MESSAGES_LIBS = libsigner_messages.a $(MESSAGES_LIBS)

noinst_LIBRARIES += libsigner.a
libsigner_a_SOURCES = \
	verifier/signer/accept_clock.c \
	verifier/signer/act.c \
	verifier/signer/verdict_log.c \
	verifier/signer/administration.c \
	verifier/signer/answer.c \
	verifier/signer/attestation.c \
	verifier/signer/authority.c verifier/signer/authority.h \
	verifier/signer/authority_chain.c verifier/signer/authority_chain.h \
	verifier/signer/canary.c \
	verifier/signer/challenge.c \
	verifier/signer/clock.c verifier/signer/clock.h \
	verifier/signer/conclusion.c \
	verifier/signer/core.h \
	verifier/signer/desks.c verifier/signer/desks.h \
	verifier/signer/ear.c \
	verifier/signer/ek_binding.c verifier/signer/ek_binding.h \
	verifier/signer/ek_nodes.c \
	verifier/signer/enrolment.c \
	verifier/signer/entry_act.c \
	verifier/signer/entry_administration.c \
	verifier/signer/entry_texts.c verifier/signer/entry_texts.h \
	verifier/signer/epoch.c \
	verifier/signer/grant_template.c verifier/signer/grant_template.h \
	verifier/signer/federation.c verifier/signer/federation.h \
	verifier/signer/inventory.c verifier/signer/inventory.h \
	verifier/signer/jws.c verifier/signer/jws.h \
	verifier/signer/jwt_svid.c \
	verifier/signer/jwt_keys.c verifier/signer/jwt_keys.h \
	verifier/signer/key_files.c verifier/signer/key_files.h \
	verifier/signer/journal.c \
	verifier/signer/keys.c verifier/signer/keys.h \
	verifier/signer/keys_init.c \
	verifier/signer/loading.c verifier/signer/loading.h \
	verifier/signer/named_release.c \
	verifier/signer/nonce.c verifier/signer/nonce.h \
	verifier/signer/narrow.c \
	verifier/signer/place.c \
	verifier/signer/profile.c verifier/signer/profile.h \
	verifier/signer/records.c \
	verifier/signer/releases.c \
	verifier/signer/reported.c \
	verifier/signer/reported_svid.c \
	verifier/signer/service.c \
	verifier/signer/session.c \
	verifier/signer/signer.h \
	verifier/signer/signing_key.c verifier/signer/signing_key.h \
	verifier/signer/statement.c \
	verifier/signer/trial.c
SIGNER_LIBS = libsigner.a $(STORE_LIBS) $(APPRAISAL_LIBS) $(DAEMON_LIBS)
