# Unit tests: verifier.
if HAVE_CMOCKA
SIGNER_TESTS = tests/unit/test_signer_administration tests/unit/test_signer_attestation \
	tests/unit/test_signer_clock tests/unit/test_signer_deaths tests/unit/test_signer_desks \
	tests/unit/test_signer_journal \
	tests/unit/test_signer_enrolment tests/unit/test_signer_frames tests/unit/test_signer_grant \
	tests/unit/test_signer_federation tests/unit/test_signer_jwt tests/unit/test_signer_jwt_keys tests/unit/test_signer_keys tests/unit/test_signer_messages tests/unit/test_signer_reference tests/unit/test_signer_refusals tests/unit/test_signer_releases \
	tests/unit/test_signer_service tests/unit/test_store \
	tests/unit/test_store_ahead tests/unit/test_store_files
check_PROGRAMS += $(SIGNER_TESTS)
TESTS += $(SIGNER_TESTS)
libscenes_a_SOURCES += tests/unit/key_files.c tests/unit/served_scene.c tests/unit/signer_files.c tests/unit/signer_process.c \
	tests/unit/frame_shots.c tests/unit/signer_scene.c tests/unit/granted_scene.c
SIGNER_FILES = tests/unit/signer_files.h
SIGNER_PROCESS = tests/unit/signer_process.h $(SIGNER_FILES)
FRAME_SHOTS = tests/unit/frame_shots.h
SIGNER_SCENE = tests/unit/signer_scene.h $(SIGNER_FILES) \
	$(EVIDENCE_MAKER) $(GOLDEN_RELEASE) tests/unit/unit.h
SIGNER_TEST_LIBS = libscenes.a $(SIGNER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_signer_administration_SOURCES = tests/unit/test_signer_administration.c $(SIGNER_SCENE)
tests_unit_test_signer_administration_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_administration_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_attestation_SOURCES = tests/unit/test_signer_attestation.c $(SIGNER_SCENE)
tests_unit_test_signer_attestation_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_attestation_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_reference_SOURCES = tests/unit/test_signer_reference.c $(SIGNER_SCENE)
tests_unit_test_signer_reference_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_reference_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_journal_SOURCES = tests/unit/test_signer_journal.c $(SIGNER_SCENE)
tests_unit_test_signer_journal_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_journal_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_clock_SOURCES = tests/unit/test_signer_clock.c $(SIGNER_SCENE)
tests_unit_test_signer_clock_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_clock_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_desks_SOURCES = tests/unit/test_signer_desks.c $(SIGNER_SCENE)
tests_unit_test_signer_desks_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_desks_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_enrolment_SOURCES = tests/unit/test_signer_enrolment.c $(SIGNER_SCENE)
tests_unit_test_signer_enrolment_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_enrolment_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_deaths_SOURCES = tests/unit/test_signer_deaths.c $(SIGNER_SCENE)
tests_unit_test_signer_deaths_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_deaths_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_frames_SOURCES = tests/unit/test_signer_frames.c $(FRAME_SHOTS) \
	$(SIGNER_PROCESS) tests/unit/unit.h
tests_unit_test_signer_frames_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_frames_LDADD = $(SIGNER_TEST_LIBS)
GRANTED_SCENE = tests/unit/granted_scene.h $(SIGNER_SCENE)
tests_unit_test_signer_grant_SOURCES = tests/unit/test_signer_grant.c $(GRANTED_SCENE)
tests_unit_test_signer_grant_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_grant_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_refusals_SOURCES = tests/unit/test_signer_refusals.c $(SIGNER_SCENE)
tests_unit_test_signer_refusals_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_refusals_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_jwt_SOURCES = tests/unit/test_signer_jwt.c $(SIGNER_SCENE)
tests_unit_test_signer_jwt_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_jwt_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_federation_SOURCES = tests/unit/test_signer_federation.c $(SIGNER_SCENE)
tests_unit_test_signer_federation_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_federation_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_jwt_keys_SOURCES = tests/unit/test_signer_jwt_keys.c $(SIGNER_SCENE)
tests_unit_test_signer_jwt_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_jwt_keys_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_keys_SOURCES = tests/unit/test_signer_keys.c tests/unit/key_files.h \
	tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_signer_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_keys_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_messages_SOURCES = tests/unit/test_signer_messages.c tests/unit/unit.h
tests_unit_test_signer_messages_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_messages_LDADD = $(SIGNER_MESSAGES_LIBS) $(APPRAISAL_LIBS) $(CMOCKA_LIBS)
tests_unit_test_signer_service_SOURCES = tests/unit/test_signer_service.c tests/unit/served_scene.h $(SIGNER_PROCESS) \
	$(GOLDEN_RELEASE) tests/unit/unit.h
tests_unit_test_signer_service_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_service_LDADD = $(SIGNER_TEST_LIBS)
tests_unit_test_signer_releases_SOURCES = tests/unit/test_signer_releases.c tests/unit/served_scene.h $(SIGNER_PROCESS) \
	$(GOLDEN_RELEASE) tests/unit/unit.h
tests_unit_test_signer_releases_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_signer_releases_LDADD = $(SIGNER_TEST_LIBS)
STORE_SCENE = tests/unit/store_scene.c tests/unit/store_scene.h tests/unit/unit.h
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(STORE_SCENE)
tests_unit_test_store_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_store_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_store_files_SOURCES = tests/unit/test_store_files.c $(STORE_SCENE)
tests_unit_test_store_files_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_store_files_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
tests_unit_test_store_ahead_SOURCES = tests/unit/test_store_ahead.c tests/unit/unit.h
tests_unit_test_store_ahead_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_store_ahead_LDADD = $(STORE_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_front tests/unit/test_front_peers tests/unit/test_front_room
TESTS += tests/unit/test_front tests/unit/test_front_peers tests/unit/test_front_room
tests_unit_test_front_room_SOURCES = tests/unit/test_front_room.c tests/unit/unit.h
tests_unit_test_front_room_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(SSL_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_front_room_LDADD = libfront.a $(MESSAGES_LIBS) $(CMOCKA_LIBS)
tests_unit_test_front_peers_SOURCES = tests/unit/test_front_peers.c tests/unit/unit.h
tests_unit_test_front_peers_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_front_peers_LDADD = libfront.a $(MESSAGES_LIBS) $(CMOCKA_LIBS)
tests_unit_test_front_SOURCES = tests/unit/test_front.c tests/unit/unit.h
tests_unit_test_front_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_front_LDADD = libfront.a $(MESSAGES_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_appraiser tests/unit/test_ek_pools
TESTS += tests/unit/test_appraiser tests/unit/test_ek_pools
tests_unit_test_ek_pools_SOURCES = tests/unit/test_ek_pools.c tests/unit/certificate_maker.h \
	tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_ek_pools_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_pools_LDADD = libscenes.a $(APPRAISER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_appraiser_SOURCES = tests/unit/test_appraiser.c tests/unit/unit.h
tests_unit_test_appraiser_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraiser_LDADD = $(APPRAISER_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_appraiser_frames tests/unit/test_relay_frames
TESTS += tests/unit/test_appraiser_frames tests/unit/test_relay_frames
tests_unit_test_appraiser_frames_SOURCES = tests/unit/test_appraiser_frames.c $(FRAME_SHOTS) \
	tests/unit/unit.h
tests_unit_test_appraiser_frames_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraiser_frames_LDADD = libscenes.a $(APPRAISER_LIBS) $(CMOCKA_LIBS)
tests_unit_test_relay_frames_SOURCES = tests/unit/test_relay_frames.c $(FRAME_SHOTS) tests/unit/unit.h
tests_unit_test_relay_frames_CPPFLAGS = $(AM_CPPFLAGS) $(LIBEVENT_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_relay_frames_LDADD = libscenes.a $(FRONT_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_release_watch
TESTS += tests/unit/test_release_watch
tests_unit_test_release_watch_SOURCES = tests/unit/test_release_watch.c tests/unit/scratch.h \
	tests/unit/unit.h verifier/release_watch.c verifier/release_watch.h
tests_unit_test_release_watch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_release_watch_LDADD = $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_loader
TESTS += tests/unit/test_loader
tests_unit_test_loader_SOURCES = tests/unit/test_loader.c tests/unit/scratch.h tests/unit/unit.h
tests_unit_test_loader_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_loader_LDADD = $(LOADER_LIBS) libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

check_PROGRAMS += tests/unit/test_fetch
TESTS += tests/unit/test_fetch
tests_unit_test_fetch_SOURCES = tests/unit/test_fetch.c tests/unit/unit.h
tests_unit_test_fetch_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fetch_LDADD = libfetcher.a $(LOADER_LIBS) libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)

# Has a server of its own in place of libcurl.
check_PROGRAMS += tests/unit/test_fetcher
TESTS += tests/unit/test_fetcher
tests_unit_test_fetcher_SOURCES = tests/unit/test_fetcher.c tests/unit/unit.h
tests_unit_test_fetcher_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_fetcher_LDADD = libfetcher.a $(LOADER_LIBS) libbase.a $(CRYPTO_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_configuration
TESTS += tests/unit/test_configuration
tests_unit_test_configuration_SOURCES = tests/unit/test_configuration.c tests/unit/unit.h \
	verifier/configuration.c verifier/configuration.h verifier/listening.c verifier/listening.h
tests_unit_test_configuration_CPPFLAGS = $(AM_CPPFLAGS) $(SSL_CFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_configuration_LDADD = libmessages.a $(DAEMON_LIBS) $(CMOCKA_LIBS)
endif
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_appraiser_jobs
TESTS += tests/unit/test_appraiser_jobs
tests_unit_test_appraiser_jobs_SOURCES = tests/unit/test_appraiser_jobs.c tests/unit/unit.h
tests_unit_test_appraiser_jobs_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_appraiser_jobs_LDADD = $(APPRAISER_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/test_role_set
TESTS += tests/unit/test_role_set
tests_unit_test_role_set_SOURCES = tests/unit/test_role_set.c $(ROLE_SET) tests/unit/unit.h
tests_unit_test_role_set_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_role_set_LDADD = $(DAEMON_LIBS) $(CMOCKA_LIBS)
endif
