# Attacks: signed releases (r).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_class tests/attacks/test_attacks_documents \
	tests/attacks/test_attacks_log tests/attacks/test_attacks_publish \
	tests/attacks/test_attacks_release tests/attacks/test_attacks_root tests/attacks/test_attacks_spelling
libscenes_a_SOURCES += tests/attacks/emergency_scene.c tests/attacks/signed_text.c tests/attacks/lifecycle_scene.c tests/attacks/rollback_scene.c
RELEASE_ATTACKS = tests/attacks/signed_text.h $(RELEASE_LINE)
RELEASE_ATTACKS_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(CMOCKA_CFLAGS)
ATTACK_TESTS += tests/attacks/test_attacks_matrix
tests_attacks_test_attacks_matrix_SOURCES = tests/attacks/test_attacks_matrix.c $(RELEASE_ATTACKS)
tests_attacks_test_attacks_matrix_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_matrix_LDADD = $(RELEASE_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_walk
tests_attacks_test_attacks_walk_SOURCES = tests/attacks/test_attacks_walk.c \
	tests/attacks/lifecycle_scene.h tests/attacks/rollback_scene.h $(RELEASE_ATTACKS)
tests_attacks_test_attacks_walk_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_walk_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_class_SOURCES = tests/attacks/test_attacks_class.c \
	tests/attacks/low_risk.h tests/attacks/lifecycle_scene.h $(RELEASE_ATTACKS)
tests_attacks_test_attacks_class_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_class_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_documents_SOURCES = tests/attacks/test_attacks_documents.c \
	$(RELEASE_ATTACKS)
tests_attacks_test_attacks_documents_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_documents_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_spelling_SOURCES = tests/attacks/test_attacks_spelling.c \
	$(RELEASE_ATTACKS)
tests_attacks_test_attacks_spelling_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_spelling_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_log_SOURCES = tests/attacks/test_attacks_log.c \
	tests/unit/line_log.c tests/unit/line_log.h $(RELEASE_ATTACKS)
tests_attacks_test_attacks_log_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_log_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_release_SOURCES = tests/attacks/test_attacks_release.c \
	$(RELEASE_ATTACKS)
tests_attacks_test_attacks_release_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_release_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_publish_SOURCES = tests/attacks/test_attacks_publish.c \
	$(RELEASE_ATTACKS)
tests_attacks_test_attacks_publish_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_publish_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_root_SOURCES = tests/attacks/test_attacks_root.c \
	$(RELEASE_ATTACKS)
tests_attacks_test_attacks_root_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_root_LDADD = $(RELEASE_TEST_LIBS)

ATTACK_TESTS += tests/attacks/test_attacks_away tests/attacks/test_attacks_canary tests/attacks/test_attacks_emergency \
	tests/attacks/test_attacks_proofs tests/attacks/test_attacks_review tests/attacks/test_attacks_revoked \
	tests/attacks/test_attacks_rollback
LIFECYCLE_ATTACKS = tests/attacks/lifecycle_scene.h tests/unit/verdict_note.h $(RELEASE_LINE)
tests_attacks_test_attacks_canary_SOURCES = tests/attacks/test_attacks_canary.c \
	$(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_canary_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_canary_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_emergency_SOURCES = tests/attacks/test_attacks_emergency.c \
	tests/attacks/emergency_scene.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_emergency_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_emergency_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_review_SOURCES = tests/attacks/test_attacks_review.c \
	tests/attacks/emergency_scene.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_review_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_review_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_proofs_SOURCES = tests/attacks/test_attacks_proofs.c \
	tests/attacks/rollback_scene.h \
	tests/unit/line_log.c tests/unit/line_log.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_proofs_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_proofs_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_revoked_SOURCES = tests/attacks/test_attacks_revoked.c \
	tests/attacks/signed_text.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_revoked_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_revoked_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_away_SOURCES = tests/attacks/test_attacks_away.c \
	tests/attacks/rollback_scene.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_away_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_away_LDADD = $(RELEASE_TEST_LIBS)
tests_attacks_test_attacks_rollback_SOURCES = tests/attacks/test_attacks_rollback.c \
	tests/attacks/rollback_scene.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_rollback_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_rollback_LDADD = $(RELEASE_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_older_root
tests_attacks_test_attacks_older_root_SOURCES = tests/attacks/test_attacks_older_root.c \
	tests/attacks/signed_text.h tests/unit/line_log.c tests/unit/line_log.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_older_root_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_older_root_LDADD = $(RELEASE_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_block
tests_attacks_test_attacks_block_SOURCES = tests/attacks/test_attacks_block.c \
	tests/attacks/rollback_scene.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_block_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_block_LDADD = $(RELEASE_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_baseline
tests_attacks_test_attacks_baseline_SOURCES = tests/attacks/test_attacks_baseline.c \
	tests/attacks/emergency_scene.h tests/attacks/rollback_scene.h \
	tests/attacks/low_risk.h tests/attacks/signed_text.h $(LIFECYCLE_ATTACKS)
tests_attacks_test_attacks_baseline_CPPFLAGS = $(RELEASE_ATTACKS_CPPFLAGS)
tests_attacks_test_attacks_baseline_LDADD = $(RELEASE_TEST_LIBS)
endif
