bin_PROGRAMS += attestctl
attestctl_SOURCES = \
	tools/attestctl.c tools/auto_jansson.h tools/command.h tools/commands.h \
	tools/boot_text.c tools/boot_text.h tools/json_changes.c tools/json_changes.h \
	tools/log_text.c tools/log_text.h \
	tools/release_directory.c tools/release_directory.h \
	tools/command_appraise.c \
	tools/command_audit.c tools/audit.h tools/audit_drift.c tools/audit_export.c \
	tools/release_drift.c tools/release_drift.h tools/release_drift_vendors.c tools/release_scopes.c tools/audit_verdicts.c \
	verifier/audit_record.c verifier/audit_record.h \
	tools/command_bootlog.c tools/command_imalog.c \
	tools/command_bundle.c tools/spiffe_bundle.c tools/spiffe_bundle.h \
	tools/command_ek.c \
	tools/command_entry.c tools/signed_act.c tools/signed_act.h \
	tools/command_mint.c tools/workload_client.c tools/workload_client.h \
	tools/command_node.c tools/node_client.c tools/node_client.h \
	tools/node_text.c tools/node_text.h tools/verifier_access.c tools/verifier_access.h \
	tools/command_quote.c tools/public_key.c tools/public_key.h \
	tools/quote_judgement.c tools/quote_judgement.h tools/quote_question.c tools/quote_question.h \
	tools/command_release.c tools/release.h tools/release_collect.h \
	tools/command_release_collect.c tools/release_collect_files.c tools/release_collect_options.c \
	tools/command_release_canary.c tools/command_release_matrix.c tools/release_matrix.h \
	tools/release_matrix_decision.c tools/release_matrix_paper.c \
	tools/command_release_init.c tools/release_init.c tools/release_init.h \
	tools/release_init_write.c \
	tools/command_release_publish.c tools/release_publish.c tools/release_publish.h \
	tools/command_release_revoke.c tools/release_options.c tools/release_options.h \
	tools/release_state.c tools/release_state.h \
	tools/command_release_emergency.c tools/command_release_review.c \
	tools/command_release_root.c tools/root_keys.c tools/root_keys.h \
	tools/command_release_rollback.c tools/release_cells.c tools/release_cells.h \
	tools/release_document.c tools/release_document.h \
	tools/command_release_sign.c tools/command_release_status.c \
	tools/command_release_witness.c tools/release_log.c tools/release_log.h \
	tools/release_log_append.c tools/release_root.c tools/release_root.h \
	tools/release_root_changes.c tools/release_revoked.c \
	tools/command_release_diff.c tools/release_difference.c tools/release_difference.h \
	tools/command_release_approve.c tools/command_release_check.c tools/release_key.c \
	tools/draft_image.c tools/draft_image.h tools/evidence_quote.c tools/evidence_quote.h \
	tools/release_nearest.c tools/release_validation.c tools/release_validation.h \
	tools/release_cosigning.c tools/release_cosigning.h \
	tools/release_signing.c tools/release_signing.h tools/release_words.c \
	tools/boot_draft.c tools/boot_draft.h tools/boot_files.c tools/boot_files.h \
	tools/release_artifacts.c tools/release_artifacts.h tools/release_boot_chain.c \
	tools/release_check_log.c tools/early_root.c tools/early_root.h tools/early_directory.c tools/early_built.c tools/release_initramfs.c tools/release_report.c \
	tools/release_uki.c \
	tools/release_ima_policy.c tools/release_ima_policy.h \
	tools/release_boot.c tools/release_draft.c tools/release_ima.c tools/release_ima_rules.c \
	tools/release_line.c tools/release_line.h \
	tools/file_list.c tools/file_list.h tools/file_list_walk.c \
	tools/progress.c tools/progress.h tools/set_writer.c tools/set_writer.h \
	tools/built_root.c tools/built_root.h tools/built_root_image.c \
	tools/built_programs.c tools/built_programs.h \
	tools/built_root_package.c tools/built_root_pool.c tools/built_root_tar.c \
	tools/content_hash.c tools/content_hash.h tools/release_classes.c tools/command_release_provenance.c \
	tools/command_release_import.c tools/openpgp.c tools/openpgp.h \
	tools/vendor_delivery.c tools/vendor_delivery.h
attestctl_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(CURL_CFLAGS) $(ARCHIVE_CFLAGS) $(NGHTTP2_CFLAGS)
attestctl_LDADD = libappraisal.a libartifacts.a libpolicies.a libtransparency.a libdaemon.a libtpm.a libmessages.a libbase.a $(JANSSON_LIBS) $(CURL_LIBS) $(ARCHIVE_LIBS) $(NGHTTP2_LIBS) $(CRYPTO_LIBS)

dist_noinst_SCRIPTS += tools/check
EXTRA_DIST += tools/packages
