# The release process: every document of a release line, and who signs it.
attestctl_SOURCES += \
	tools/release/command_release.c \
	tools/release/command_release_approve.c \
	tools/release/command_release_canary.c \
	tools/release/command_release_diff.c \
	tools/release/command_release_emergency.c \
	tools/release/command_release_import.c \
	tools/release/command_release_init.c \
	tools/release/command_release_matrix.c \
	tools/release/command_release_provenance.c \
	tools/release/command_release_publish.c \
	tools/release/command_release_review.c \
	tools/release/command_release_revoke.c \
	tools/release/command_release_rollback.c \
	tools/release/command_release_root.c \
	tools/release/command_release_sign.c \
	tools/release/command_release_status.c \
	tools/release/command_release_witness.c \
	tools/release/openpgp.c tools/release/openpgp.h \
	tools/release/release.h \
	tools/release/release_baseline.c tools/release/release_baseline.h \
	tools/release/release_cells.c tools/release/release_cells.h \
	tools/release/release_cosigning.c tools/release/release_cosigning.h \
	tools/release/release_difference.c tools/release/release_difference.h \
	tools/release/release_directory.c tools/release/release_directory.h \
	tools/release/release_document.c tools/release/release_document.h \
	tools/release/release_draft.c \
	tools/release/release_drift.c tools/release/release_drift.h \
	tools/release/release_drift_vendors.c \
	tools/release/release_ima_policy.c tools/release/release_ima_policy.h \
	tools/release/release_init.c tools/release/release_init.h \
	tools/release/release_init_write.c \
	tools/release/release_command_line.c tools/release/release_command_line.h \
	tools/release/release_key.c \
	tools/release/release_line.c tools/release/release_line.h \
	tools/release/release_log.c tools/release/release_log.h \
	tools/release/release_log_append.c \
	tools/release/release_matrix.h \
	tools/release/release_matrix_decision.c \
	tools/release/release_matrix_known.c \
	tools/release/release_manifest.c tools/release/release_manifest.h \
	tools/release/release_memory.c tools/release/release_memory.h \
	tools/release/release_matrix_paper.c \
	tools/release/release_publish.c tools/release/release_publish.h \
	tools/release/release_revoked.c \
	tools/release/release_root.c tools/release/release_root.h \
	tools/release/release_root_changes.c \
	tools/release/release_scopes.c \
	tools/release/release_signing.c tools/release/release_signing.h \
	tools/release/release_state.c tools/release/release_state.h \
	tools/release/release_words.c \
	tools/release/root_edit.c tools/release/root_edit.h \
	tools/release/root_keys.c tools/release/root_keys.h \
	tools/release/vendor_delivery.c tools/release/vendor_delivery.h
