# Fuzz targets: what releases are made of.
FUZZ_TARGETS += tests/fuzz/fuzz_dsse tests/fuzz/fuzz_dsse_signature tests/fuzz/fuzz_root \
	tests/fuzz/fuzz_timestamp tests/fuzz/fuzz_index tests/fuzz/fuzz_revocations \
	tests/fuzz/fuzz_matrix tests/fuzz/fuzz_manifest tests/fuzz/fuzz_approval tests/fuzz/fuzz_provenance \
	tests/fuzz/fuzz_rollback tests/fuzz/fuzz_emergency tests/fuzz/fuzz_review tests/fuzz/fuzz_canary \
	tests/fuzz/fuzz_set_file tests/fuzz/fuzz_reference tests/fuzz/fuzz_difference
tests_fuzz_fuzz_difference_SOURCES = tests/fuzz/fuzz_difference.c
tests_fuzz_fuzz_difference_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_difference_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
EXTRA_DIST += tests/fuzz/corpus/difference
EXTRA_DIST += tests/fuzz/corpus/dsse tests/fuzz/corpus/dsse_signature tests/fuzz/corpus/root \
	tests/fuzz/corpus/timestamp tests/fuzz/corpus/index tests/fuzz/corpus/revocations \
	tests/fuzz/corpus/matrix tests/fuzz/corpus/manifest tests/fuzz/corpus/approval tests/fuzz/corpus/provenance \
	tests/fuzz/corpus/rollback tests/fuzz/corpus/emergency tests/fuzz/corpus/review tests/fuzz/corpus/canary \
	tests/fuzz/corpus/set_file tests/fuzz/corpus/reference
tests_fuzz_fuzz_dsse_SOURCES = tests/fuzz/fuzz_dsse.c tests/fuzz/fixed_keys.c
tests_fuzz_fuzz_dsse_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dsse_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_dsse_signature_SOURCES = tests/fuzz/fuzz_dsse_signature.c
tests_fuzz_fuzz_dsse_signature_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_dsse_signature_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_root_SOURCES = tests/fuzz/fuzz_root.c tests/fuzz/fixed_keys.c
tests_fuzz_fuzz_root_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_root_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_timestamp_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_timestamp_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_TIMESTAMP
tests_fuzz_fuzz_timestamp_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_timestamp_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_index_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_index_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_INDEX
tests_fuzz_fuzz_index_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_index_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_revocations_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_revocations_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_REVOCATIONS
tests_fuzz_fuzz_revocations_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_revocations_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_matrix_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_matrix_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_MATRIX
tests_fuzz_fuzz_matrix_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_matrix_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_manifest_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_manifest_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_MANIFEST
tests_fuzz_fuzz_manifest_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_manifest_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_provenance_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_provenance_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(JANSSON_CFLAGS) -DKIND=DOCUMENT_PROVENANCE
tests_fuzz_fuzz_provenance_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_provenance_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_approval_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_approval_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_APPROVAL
tests_fuzz_fuzz_approval_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_approval_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_rollback_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_rollback_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_ROLLBACK
tests_fuzz_fuzz_rollback_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_rollback_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_emergency_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_emergency_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_EMERGENCY
tests_fuzz_fuzz_emergency_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_emergency_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_review_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_review_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_REVIEW
tests_fuzz_fuzz_review_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_review_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_canary_SOURCES = tests/fuzz/fuzz_release_document.c \
	tests/unit/verdict_note.h
tests_fuzz_fuzz_canary_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit -DKIND=DOCUMENT_CANARY
tests_fuzz_fuzz_canary_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_canary_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_set_file_SOURCES = tests/fuzz/fuzz_set_file.c
tests_fuzz_fuzz_set_file_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_set_file_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
tests_fuzz_fuzz_reference_SOURCES = tests/fuzz/fuzz_reference.c
tests_fuzz_fuzz_reference_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_reference_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS)
if HAVE_CMOCKA
FUZZ_TARGETS += tests/fuzz/fuzz_release
tests_fuzz_fuzz_release_SOURCES = tests/fuzz/fuzz_release.c tests/fuzz/tagged_keys.c \
	tests/unit/release_difference.c tests/unit/release_line.c tests/unit/release_line.h tests/unit/release_people.c
tests_fuzz_fuzz_release_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
tests_fuzz_fuzz_release_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS) \
	-Wl,--wrap=signing_key_load,--wrap=signing_key_verify
tests_fuzz_fuzz_release_LDADD = $(FUZZ_MAIN) $(POLICIES_LIBS) $(CMOCKA_LIBS)
endif
EXTRA_DIST += tests/fuzz/corpus/release tests/fuzz/make_seeds.py
