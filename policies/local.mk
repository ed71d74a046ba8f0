# What policies builds.
EXTRA_DIST += policies/examples/README.md policies/examples/make
dist_example_DATA += policies/examples/ima-policy
noinst_LIBRARIES += libpolicies.a
libpolicies_a_SOURCES =
# The image in force: sets, tables, who writes and who reads it.
libpolicies_a_SOURCES += \
	policies/reference/file_lookup.c policies/reference/file_lookup.h \
	policies/reference/file_table.c policies/reference/file_table.h \
	policies/reference/image.c policies/reference/image.h policies/reference/image_layout.h \
	policies/reference/layer.c policies/reference/layer.h \
	policies/reference/reference.c policies/reference/reference.h policies/reference/reference_open.c \
	policies/reference/reference_rows.h policies/reference/set_file.c policies/reference/set_file.h
# What is around every document.
libpolicies_a_SOURCES += \
	policies/envelope/dsse.c policies/envelope/dsse.h \
	policies/envelope/signing_key.c policies/envelope/signing_key.h \
	policies/envelope/statement.c policies/envelope/statement.h
# Whose word counts, for what.
libpolicies_a_SOURCES += \
	policies/trust/change_kind.c policies/trust/change_kind.h \
	policies/trust/class_rules.c policies/trust/class_rules.h policies/trust/log_trust.c policies/trust/log_trust.h \
	policies/trust/root.c policies/trust/root.h policies/trust/root_duties.c \
	policies/trust/root_roles.c policies/trust/vendor.c policies/trust/vendor.h
# What a release line says, a file for each kind of document.
libpolicies_a_SOURCES += \
	policies/documents/approval.c policies/documents/approval.h \
	policies/documents/canary.c policies/documents/canary.h \
	policies/documents/emergency.c policies/documents/emergency.h \
	policies/documents/index.c policies/documents/index.h \
	policies/documents/manifest.c policies/documents/manifest.h policies/documents/manifest_boot.c \
	policies/documents/manifest_ima.c policies/documents/manifest_ranges.c \
	policies/documents/matrix.c policies/documents/matrix.h policies/documents/matrix_cells.c \
	policies/documents/matrix_decisions.c policies/documents/provenance.c policies/documents/provenance.h \
	policies/documents/revocations.c policies/documents/revocations.h \
	policies/documents/rollback.c policies/documents/rollback.h \
	policies/documents/timestamp.c policies/documents/timestamp.h
# What a manifest changes.
libpolicies_a_SOURCES += \
	policies/difference/change.h policies/difference/difference.c policies/difference/difference.h \
	policies/difference/difference_fields.c policies/difference/difference_side.c policies/difference/difference_side.h \
	policies/difference/difference_files.c policies/difference/differing.c policies/difference/differing.h
# What verifies a release directory and writes the image.
libpolicies_a_SOURCES += \
	policies/loading/load_approvals.c policies/loading/load_canary.c policies/loading/load_emergency.c \
	policies/loading/load_envelope.c policies/loading/load_manifest.c policies/loading/load_online.c \
	policies/loading/load_proofs.c policies/loading/load_provenance.c policies/loading/load_revocations.c \
	policies/loading/load_rollback.c policies/loading/load_root.c policies/loading/load_sets.c policies/loading/load_vendor.c \
	policies/loading/loading.h policies/loading/refusal.c policies/loading/refusal.h policies/loading/release.h \
	policies/loading/release_load.c
POLICIES_LIBS = libpolicies.a libtransparency.a libtpm.a $(MESSAGES_LIBS)

# Append-only logs in C2SP formats: trees, tiles, notes, proofs.
noinst_LIBRARIES += libtransparency.a
libtransparency_a_SOURCES = \
	policies/transparency/checkpoint.c policies/transparency/checkpoint.h \
	policies/transparency/log_entry.c policies/transparency/log_entry.h \
	policies/transparency/log_proof.c policies/transparency/log_proof.h \
	policies/transparency/merkle.c policies/transparency/merkle.h \
	policies/transparency/merkle_proof.c policies/transparency/merkle_proof.h \
	policies/transparency/note.c policies/transparency/note.h \
	policies/transparency/release_log.c policies/transparency/release_log.h \
	policies/transparency/tile_check.c policies/transparency/tile_check.h \
	policies/transparency/tile.c policies/transparency/tile.h \
	policies/transparency/tree_edge.c policies/transparency/tree_edge.h
TRANSPARENCY_LIBS = libtransparency.a $(MESSAGES_LIBS)

# What machines are built from: read by those who make releases.
noinst_LIBRARIES += libartifacts.a
libartifacts_a_SOURCES = \
	policies/artifacts/archive_list.c policies/artifacts/archive_list.h \
	policies/artifacts/cpio_archive.c policies/artifacts/cpio_archive.h \
	policies/artifacts/elf_image.c policies/artifacts/elf_image.h \
	policies/artifacts/fat_image.c policies/artifacts/fat_image.h \
	policies/artifacts/file_tree.c policies/artifacts/file_tree.h \
	policies/artifacts/file_tree_nodes.c policies/artifacts/file_tree_nodes.h \
	policies/artifacts/package_text.c policies/artifacts/package_text.h \
	policies/artifacts/firmware_variables.c policies/artifacts/firmware_variables.h \
	policies/artifacts/grub_commands.c policies/artifacts/grub_image.c \
	policies/artifacts/grub_image.h policies/artifacts/grub_run.c policies/artifacts/grub_run.h \
	policies/artifacts/grub_script.c policies/artifacts/grub_script.h \
	policies/artifacts/grub_words.c \
	policies/artifacts/ima_policy.c policies/artifacts/ima_policy.h \
	policies/artifacts/pe_image.c policies/artifacts/pe_image.h \
	policies/artifacts/rescue_shell.c policies/artifacts/rescue_shell.h \
	policies/artifacts/shim_image.c policies/artifacts/shim_image.h \
	policies/artifacts/uki_image.c policies/artifacts/uki_image.h \
	policies/artifacts/variable_data.c policies/artifacts/variable_data.h
ARTIFACTS_LIBS = libartifacts.a $(BASE_LIBS)
