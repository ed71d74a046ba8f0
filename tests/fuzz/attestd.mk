# Fuzz targets: between attestd's roles.
GRANTED_CERTIFICATE = tests/fuzz/granted_certificate.c tests/fuzz/granted.h
GRANTED = tests/fuzz/granted.c $(GRANTED_CERTIFICATE)
FAKE_VERIFY = tests/fuzz/fake_verify.c tests/fuzz/fake_verify.h
FAKE_RIGHT = tests/fuzz/fake_keys.c $(FAKE_VERIFY) $(GRANTED)
FAKE_BROKER = tests/fuzz/fake_journal.c tests/fuzz/fake_tpm.c tests/fuzz/fake_tpm.h $(FAKE_RIGHT)
FUZZ_TARGETS += tests/fuzz/fuzz_broker_drop tests/fuzz/fuzz_broker_identity tests/fuzz/fuzz_broker_activate \
	tests/fuzz/fuzz_broker_evidence tests/fuzz/fuzz_broker_verdict \
	tests/fuzz/fuzz_broker_mint_ended tests/fuzz/fuzz_broker_mint_sign \
	tests/fuzz/fuzz_agent_identity tests/fuzz/fuzz_journal \
	tests/fuzz/fuzz_agent_activation tests/fuzz/fuzz_agent_evidence \
	tests/fuzz/fuzz_agent_verdict tests/fuzz/fuzz_agent_listening tests/fuzz/fuzz_mint_right \
	tests/fuzz/fuzz_grant tests/fuzz/fuzz_svid_profile
EXTRA_DIST += tests/fuzz/corpus/broker_drop tests/fuzz/corpus/broker_identity tests/fuzz/corpus/broker_activate \
	tests/fuzz/corpus/broker_evidence tests/fuzz/corpus/broker_verdict \
	tests/fuzz/corpus/broker_mint_ended tests/fuzz/corpus/broker_mint_sign \
	tests/fuzz/corpus/agent_identity tests/fuzz/corpus/journal \
	tests/fuzz/corpus/agent_activation tests/fuzz/corpus/agent_evidence \
	tests/fuzz/corpus/agent_verdict tests/fuzz/corpus/agent_listening tests/fuzz/corpus/mint_right \
	tests/fuzz/corpus/grant tests/fuzz/corpus/svid_profile
tests_fuzz_fuzz_broker_identity_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_identity_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_identity
tests_fuzz_fuzz_broker_identity_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_identity_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_broker_activate_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_activate_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_activate
tests_fuzz_fuzz_broker_activate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_activate_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_broker_evidence_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_evidence_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_evidence
tests_fuzz_fuzz_broker_evidence_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_evidence_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_broker_verdict_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_verdict_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_verdict -DHAS_GRANT=true
tests_fuzz_fuzz_broker_verdict_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_verdict_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_broker_mint_sign_SOURCES = tests/fuzz/fuzz_broker_verb.c tests/fuzz/fake_profile.c \
	$(FAKE_BROKER)
tests_fuzz_fuzz_broker_mint_sign_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_mint_sign -DHAS_GRANT=true
tests_fuzz_fuzz_broker_mint_sign_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_mint_sign_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_broker_mint_ended_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_mint_ended_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_mint_ended
tests_fuzz_fuzz_broker_mint_ended_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_mint_ended_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_journal_SOURCES = tests/fuzz/fuzz_journal.c
tests_fuzz_fuzz_journal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_journal_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_agent_identity_SOURCES = tests/fuzz/fuzz_broker_answer.c
tests_fuzz_fuzz_agent_identity_CPPFLAGS = $(AM_CPPFLAGS) -DASK=ASK_IDENTITY
tests_fuzz_fuzz_agent_identity_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_agent_identity_LDADD = $(FUZZ_MAIN) libagent.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_agent_activation_SOURCES = tests/fuzz/fuzz_broker_answer.c
tests_fuzz_fuzz_agent_activation_CPPFLAGS = $(AM_CPPFLAGS) -DASK=ASK_ACTIVATION
tests_fuzz_fuzz_agent_activation_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_agent_activation_LDADD = $(FUZZ_MAIN) libagent.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_agent_evidence_SOURCES = tests/fuzz/fuzz_broker_answer.c
tests_fuzz_fuzz_agent_evidence_CPPFLAGS = $(AM_CPPFLAGS) -DASK=ASK_EVIDENCE
tests_fuzz_fuzz_agent_evidence_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_agent_evidence_LDADD = $(FUZZ_MAIN) libagent.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_agent_verdict_SOURCES = tests/fuzz/fuzz_broker_answer.c
tests_fuzz_fuzz_agent_verdict_CPPFLAGS = $(AM_CPPFLAGS) -DASK=ASK_VERDICT
tests_fuzz_fuzz_agent_verdict_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_agent_verdict_LDADD = $(FUZZ_MAIN) libagent.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_agent_listening_SOURCES = tests/fuzz/fuzz_broker_answer.c
tests_fuzz_fuzz_agent_listening_CPPFLAGS = $(AM_CPPFLAGS) -DASK=ASK_LISTENING
tests_fuzz_fuzz_agent_listening_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_agent_listening_LDADD = $(FUZZ_MAIN) libagent.a $(ATTESTD_LIBS)
tests_fuzz_fuzz_mint_right_SOURCES = tests/fuzz/fuzz_mint_right.c $(FAKE_RIGHT)
tests_fuzz_fuzz_mint_right_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_mint_right_LDADD = $(FUZZ_MAIN) $(MINT_LIBS)
tests_fuzz_fuzz_grant_SOURCES = tests/fuzz/fuzz_grant.c
tests_fuzz_fuzz_grant_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_grant_LDADD = $(FUZZ_MAIN) $(ATTESTD_LIBS)
tests_fuzz_fuzz_svid_profile_SOURCES = tests/fuzz/fuzz_svid_profile.c $(GRANTED)
tests_fuzz_fuzz_svid_profile_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_svid_profile_LDADD = $(FUZZ_MAIN) $(ATTESTD_LIBS)
tests_fuzz_fuzz_broker_drop_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_drop_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_drop -DHAS_GRANT=true
tests_fuzz_fuzz_broker_drop_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_drop_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
FUZZ_TARGETS += tests/fuzz/fuzz_broker_measured tests/fuzz/fuzz_cgroup tests/fuzz/fuzz_proc_text
EXTRA_DIST += tests/fuzz/corpus/broker_measured tests/fuzz/corpus/cgroup tests/fuzz/corpus/proc_text
tests_fuzz_fuzz_cgroup_SOURCES = tests/fuzz/fuzz_cgroup.c
tests_fuzz_fuzz_cgroup_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_cgroup_LDADD = $(FUZZ_MAIN) $(MINT_LIBS)
tests_fuzz_fuzz_proc_text_SOURCES = tests/fuzz/fuzz_proc_text.c
tests_fuzz_fuzz_proc_text_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_proc_text_LDADD = $(FUZZ_MAIN) $(MINT_LIBS)
tests_fuzz_fuzz_broker_measured_SOURCES = tests/fuzz/fuzz_broker_verb.c $(FAKE_BROKER)
tests_fuzz_fuzz_broker_measured_CPPFLAGS = $(AM_CPPFLAGS) -DVERB=verb_measured
tests_fuzz_fuzz_broker_measured_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_broker_measured_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS) $(MESSAGES_LIBS)
FUZZ_TARGETS += tests/fuzz/fuzz_jwt_svid tests/fuzz/fuzz_wishes
EXTRA_DIST += tests/fuzz/corpus/jwt_svid tests/fuzz/corpus/wishes
tests_fuzz_fuzz_jwt_svid_SOURCES = tests/fuzz/fuzz_jwt_svid.c $(FAKE_VERIFY)
tests_fuzz_fuzz_jwt_svid_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_jwt_svid_LDADD = $(FUZZ_MAIN) $(ATTESTD_LIBS)
tests_fuzz_fuzz_wishes_SOURCES = tests/fuzz/fuzz_wishes.c
tests_fuzz_fuzz_wishes_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wishes_LDADD = $(FUZZ_MAIN) $(BROKER_LIBS)
