# Fuzz targets: between the verifier's roles, and its edges.
FUZZ_TARGETS += tests/fuzz/fuzz_signer_enrol_request tests/fuzz/fuzz_signer_activate_request \
	tests/fuzz/fuzz_signer_challenge_request tests/fuzz/fuzz_signer_authenticate_request \
	tests/fuzz/fuzz_signer_commit_request tests/fuzz/fuzz_signer_admin_request \
	tests/fuzz/fuzz_signer_bundle_request tests/fuzz/fuzz_signer_enrol_answer \
	tests/fuzz/fuzz_signer_activate_answer tests/fuzz/fuzz_signer_challenge_answer \
	tests/fuzz/fuzz_signer_authenticate_answer tests/fuzz/fuzz_signer_commit_answer \
	tests/fuzz/fuzz_signer_admin_answer tests/fuzz/fuzz_signer_bundle_answer \
	tests/fuzz/fuzz_signer_health_answer tests/fuzz/fuzz_loader_messages \
	tests/fuzz/fuzz_stored_evidence tests/fuzz/fuzz_front_request tests/fuzz/fuzz_front_answer \
	tests/fuzz/fuzz_query tests/fuzz/fuzz_log_frame tests/fuzz/fuzz_inventory \
	tests/fuzz/fuzz_nonce tests/fuzz/fuzz_http tests/fuzz/fuzz_reported_svid
EXTRA_DIST += tests/fuzz/corpus/signer_enrol_request tests/fuzz/corpus/signer_activate_request \
	tests/fuzz/corpus/signer_challenge_request tests/fuzz/corpus/signer_authenticate_request \
	tests/fuzz/corpus/signer_commit_request tests/fuzz/corpus/signer_admin_request \
	tests/fuzz/corpus/signer_bundle_request tests/fuzz/corpus/signer_enrol_answer \
	tests/fuzz/corpus/signer_activate_answer tests/fuzz/corpus/signer_challenge_answer \
	tests/fuzz/corpus/signer_authenticate_answer tests/fuzz/corpus/signer_commit_answer \
	tests/fuzz/corpus/signer_admin_answer tests/fuzz/corpus/signer_bundle_answer \
	tests/fuzz/corpus/signer_health_answer tests/fuzz/corpus/loader_messages \
	tests/fuzz/corpus/stored_evidence tests/fuzz/corpus/front_request \
	tests/fuzz/corpus/front_answer tests/fuzz/corpus/query tests/fuzz/corpus/log_frame \
	tests/fuzz/corpus/inventory tests/fuzz/corpus/nonce tests/fuzz/corpus/http \
	tests/fuzz/corpus/reported_svid
tests_fuzz_fuzz_reported_svid_SOURCES = tests/fuzz/fuzz_reported_svid.c $(GRANTED_CERTIFICATE) $(FIXED_REFERENCE)
tests_fuzz_fuzz_reported_svid_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_reported_svid_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_signer_enrol_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_enrol_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ENROL
tests_fuzz_fuzz_signer_enrol_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_enrol_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_activate_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_activate_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ACTIVATE
tests_fuzz_fuzz_signer_activate_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_activate_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_challenge_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_challenge_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_CHALLENGE
tests_fuzz_fuzz_signer_challenge_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_challenge_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_authenticate_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_authenticate_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_AUTHENTICATE
tests_fuzz_fuzz_signer_authenticate_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_authenticate_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_commit_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_commit_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_COMMIT
tests_fuzz_fuzz_signer_commit_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_commit_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_admin_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_admin_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ADMIN
tests_fuzz_fuzz_signer_admin_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_admin_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_bundle_request_SOURCES = tests/fuzz/fuzz_signer_request.c
tests_fuzz_fuzz_signer_bundle_request_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_BUNDLE
tests_fuzz_fuzz_signer_bundle_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_bundle_request_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_enrol_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_enrol_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ENROL
tests_fuzz_fuzz_signer_enrol_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_enrol_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_activate_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_activate_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ACTIVATE
tests_fuzz_fuzz_signer_activate_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_activate_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_challenge_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_challenge_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_CHALLENGE
tests_fuzz_fuzz_signer_challenge_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_challenge_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_authenticate_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_authenticate_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_AUTHENTICATE
tests_fuzz_fuzz_signer_authenticate_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_authenticate_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_commit_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_commit_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_COMMIT
tests_fuzz_fuzz_signer_commit_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_commit_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_admin_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_admin_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_ADMIN
tests_fuzz_fuzz_signer_admin_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_admin_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_bundle_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_bundle_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_BUNDLE
tests_fuzz_fuzz_signer_bundle_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_bundle_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_signer_health_answer_SOURCES = tests/fuzz/fuzz_signer_answer.c
tests_fuzz_fuzz_signer_health_answer_CPPFLAGS = $(AM_CPPFLAGS) -DTYPE=FRAME_HEALTH
tests_fuzz_fuzz_signer_health_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signer_health_answer_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_loader_messages_SOURCES = tests/fuzz/fuzz_loader_messages.c
tests_fuzz_fuzz_loader_messages_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_loader_messages_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_stored_evidence_SOURCES = tests/fuzz/fuzz_stored_evidence.c
tests_fuzz_fuzz_stored_evidence_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_stored_evidence_LDADD = $(FUZZ_MAIN) $(SIGNER_MESSAGES_LIBS)
tests_fuzz_fuzz_front_request_SOURCES = tests/fuzz/fuzz_front_request.c
tests_fuzz_fuzz_front_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_front_request_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS)
tests_fuzz_fuzz_front_request_LDADD = $(FUZZ_MAIN) $(FRONT_LIBS) $(APPRAISER_LIBS)
tests_fuzz_fuzz_front_answer_SOURCES = tests/fuzz/fuzz_front_answer.c
tests_fuzz_fuzz_front_answer_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS)
tests_fuzz_fuzz_front_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_front_answer_LDADD = $(FUZZ_MAIN) $(FRONT_LIBS)
tests_fuzz_fuzz_query_SOURCES = tests/fuzz/fuzz_query.c
tests_fuzz_fuzz_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_query_LDADD = $(FUZZ_MAIN) $(APPRAISER_LIBS)
tests_fuzz_fuzz_log_frame_SOURCES = tests/fuzz/fuzz_log_frame.c
tests_fuzz_fuzz_log_frame_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_log_frame_LDADD = $(FUZZ_MAIN) $(APPRAISER_LIBS)
tests_fuzz_fuzz_inventory_SOURCES = tests/fuzz/fuzz_inventory.c
tests_fuzz_fuzz_inventory_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_inventory_LDADD = $(FUZZ_MAIN) libsigner.a $(MESSAGES_LIBS)
tests_fuzz_fuzz_nonce_SOURCES = tests/fuzz/fuzz_nonce.c
tests_fuzz_fuzz_nonce_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_nonce_LDADD = $(FUZZ_MAIN) libsigner.a $(MESSAGES_LIBS)
tests_fuzz_fuzz_http_SOURCES = tests/fuzz/fuzz_http.c
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_http_LDADD = $(FUZZ_MAIN) libfront.a $(MESSAGES_LIBS)
FUZZ_TARGETS += tests/fuzz/fuzz_configuration
EXTRA_DIST += tests/fuzz/corpus/configuration
tests_fuzz_fuzz_configuration_SOURCES = tests/fuzz/fuzz_configuration.c \
	verifier/configuration.c verifier/configuration.h verifier/listening.c verifier/listening.h
tests_fuzz_fuzz_configuration_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS)
tests_fuzz_fuzz_configuration_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_configuration_LDADD = $(FUZZ_MAIN) libmessages.a $(DAEMON_LIBS)
