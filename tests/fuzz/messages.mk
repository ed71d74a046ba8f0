# Fuzz targets: messages, texts, frames, settings.
FUZZ_TARGETS += tests/fuzz/fuzz_enrolment_request tests/fuzz/fuzz_enrolment_answer \
	tests/fuzz/fuzz_activation_request tests/fuzz/fuzz_activation_answer \
	tests/fuzz/fuzz_attestation_request tests/fuzz/fuzz_attestation_challenge \
	tests/fuzz/fuzz_evidence tests/fuzz/fuzz_attestation_result tests/fuzz/fuzz_evidence_file \
	tests/fuzz/fuzz_error_answer tests/fuzz/fuzz_strict_json tests/fuzz/fuzz_json_tree \
	tests/fuzz/fuzz_verdict \
	tests/fuzz/fuzz_bundle tests/fuzz/fuzz_act tests/fuzz/fuzz_entries tests/fuzz/fuzz_base64 tests/fuzz/fuzz_text \
	tests/fuzz/fuzz_spiffe_id tests/fuzz/fuzz_settings tests/fuzz/fuzz_frames \
	tests/fuzz/fuzz_report tests/fuzz/fuzz_wait_answer tests/fuzz/fuzz_wait_query
EXTRA_DIST += tests/fuzz/corpus/enrolment_request tests/fuzz/corpus/enrolment_answer \
	tests/fuzz/corpus/activation_request tests/fuzz/corpus/activation_answer \
	tests/fuzz/corpus/attestation_request tests/fuzz/corpus/attestation_challenge \
	tests/fuzz/corpus/evidence tests/fuzz/corpus/attestation_result \
	tests/fuzz/corpus/evidence_file tests/fuzz/corpus/error_answer tests/fuzz/corpus/strict_json \
	tests/fuzz/corpus/json_tree \
	tests/fuzz/corpus/verdict tests/fuzz/corpus/bundle tests/fuzz/corpus/act \
	tests/fuzz/corpus/entries \
	tests/fuzz/corpus/base64 tests/fuzz/corpus/text tests/fuzz/corpus/spiffe_id \
	tests/fuzz/corpus/settings tests/fuzz/corpus/frames \
	tests/fuzz/corpus/report \
	tests/fuzz/corpus/wait_answer tests/fuzz/corpus/wait_query
tests_fuzz_fuzz_enrolment_request_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_enrolment_request_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=enrolment_request
tests_fuzz_fuzz_enrolment_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_enrolment_request_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_enrolment_answer_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_enrolment_answer_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=enrolment_answer
tests_fuzz_fuzz_enrolment_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_enrolment_answer_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_activation_request_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_activation_request_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=activation_request
tests_fuzz_fuzz_activation_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_activation_request_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_activation_answer_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_activation_answer_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=activation_answer -DMESSAGE_IS_PLAIN
tests_fuzz_fuzz_activation_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_activation_answer_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_attestation_request_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_attestation_request_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=attestation_request -DMESSAGE_IS_PLAIN
tests_fuzz_fuzz_attestation_request_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_attestation_request_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_attestation_challenge_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_attestation_challenge_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=attestation_challenge
tests_fuzz_fuzz_attestation_challenge_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_attestation_challenge_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_evidence_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_evidence_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=evidence
tests_fuzz_fuzz_evidence_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_evidence_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_attestation_result_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_attestation_result_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=attestation_result
tests_fuzz_fuzz_attestation_result_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_attestation_result_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_evidence_file_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_evidence_file_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=evidence_file
tests_fuzz_fuzz_evidence_file_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_evidence_file_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_wait_answer_SOURCES = tests/fuzz/fuzz_json_message.c
tests_fuzz_fuzz_wait_answer_CPPFLAGS = $(AM_CPPFLAGS) -DMESSAGE=wait_answer -DMESSAGE_IS_PLAIN
tests_fuzz_fuzz_wait_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wait_answer_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_wait_query_SOURCES = tests/fuzz/fuzz_wait_query.c
tests_fuzz_fuzz_wait_query_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_wait_query_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_error_answer_SOURCES = tests/fuzz/fuzz_error_answer.c
tests_fuzz_fuzz_error_answer_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_error_answer_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_strict_json_SOURCES = tests/fuzz/fuzz_strict_json.c
tests_fuzz_fuzz_strict_json_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_strict_json_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_json_tree_SOURCES = tests/fuzz/fuzz_json_tree.c
tests_fuzz_fuzz_json_tree_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
tests_fuzz_fuzz_json_tree_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_tree_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS) $(JANSSON_LIBS)
tests_fuzz_fuzz_verdict_SOURCES = tests/fuzz/fuzz_signed_text.c
tests_fuzz_fuzz_verdict_CPPFLAGS = $(AM_CPPFLAGS) -DSTATEMENT=verdict
tests_fuzz_fuzz_verdict_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_verdict_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_bundle_SOURCES = tests/fuzz/fuzz_signed_text.c
tests_fuzz_fuzz_bundle_CPPFLAGS = $(AM_CPPFLAGS) -DSTATEMENT=bundle
tests_fuzz_fuzz_bundle_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_bundle_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_act_SOURCES = tests/fuzz/fuzz_signed_text.c
tests_fuzz_fuzz_act_CPPFLAGS = $(AM_CPPFLAGS) -DSTATEMENT=act
tests_fuzz_fuzz_act_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_act_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_entries_SOURCES = tests/fuzz/fuzz_entries.c
tests_fuzz_fuzz_entries_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_entries_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
tests_fuzz_fuzz_base64_SOURCES = tests/fuzz/fuzz_base64.c
tests_fuzz_fuzz_base64_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_base64_LDADD = $(FUZZ_MAIN) $(BASE_LIBS)
tests_fuzz_fuzz_text_SOURCES = tests/fuzz/fuzz_text.c
tests_fuzz_fuzz_text_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_text_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS) $(MESSAGES_LIBS)
tests_fuzz_fuzz_spiffe_id_SOURCES = tests/fuzz/fuzz_spiffe_id.c
tests_fuzz_fuzz_spiffe_id_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_spiffe_id_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_settings_SOURCES = tests/fuzz/fuzz_settings.c
tests_fuzz_fuzz_settings_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_settings_LDADD = $(FUZZ_MAIN) $(DAEMON_LIBS)
tests_fuzz_fuzz_frames_SOURCES = tests/fuzz/fuzz_frames.c
tests_fuzz_fuzz_frames_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_frames_LDADD = $(FUZZ_MAIN) $(DAEMON_LIBS)
tests_fuzz_fuzz_report_SOURCES = tests/fuzz/fuzz_report.c
tests_fuzz_fuzz_report_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_report_LDADD = $(FUZZ_MAIN) $(MESSAGES_LIBS)
