# Attacks: the service (s), on running daemons and on captured roles.
if HAVE_CMOCKA
libscenes_a_SOURCES += tests/attacks/service_scene.c tests/attacks/service_client.c tests/attacks/host_scene.c tests/unit/broker_process.c
SERVICE_SCENE = tests/attacks/service_scene.h
SERVICE_ATTACKS = tests/attacks/test_attacks_service tests/attacks/test_attacks_text \
	tests/attacks/test_attacks_files
ATTACK_TESTS += $(SERVICE_ATTACKS)
tests_attacks_test_attacks_service_SOURCES = tests/attacks/test_attacks_service.c $(SERVICE_SCENE)
tests_attacks_test_attacks_service_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS)
tests_attacks_test_attacks_service_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_text_SOURCES = tests/attacks/test_attacks_text.c $(SERVICE_SCENE)
tests_attacks_test_attacks_text_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS)
tests_attacks_test_attacks_text_LDADD = $(SIGNER_TEST_LIBS)
tests_attacks_test_attacks_files_SOURCES = tests/attacks/test_attacks_files.c $(SERVICE_SCENE)
tests_attacks_test_attacks_files_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS)
tests_attacks_test_attacks_files_LDADD = $(SIGNER_TEST_LIBS)
# They start these: a mutant of a daemon is built with the test that asks for it.
EXTRA_tests_attacks_test_attacks_service_DEPENDENCIES = verifier/verifierd$(EXEEXT)
EXTRA_tests_attacks_test_attacks_text_DEPENDENCIES = verifier/verifierd$(EXEEXT)
EXTRA_tests_attacks_test_attacks_files_DEPENDENCIES = verifier/verifierd$(EXEEXT) \
	attestd/attestd$(EXEEXT)

ATTACK_TESTS += tests/attacks/test_attacks_captured tests/attacks/test_attacks_front
tests_attacks_test_attacks_captured_SOURCES = tests/attacks/test_attacks_captured.c $(ATTACK_SCENE)
tests_attacks_test_attacks_captured_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_captured_LDADD = $(SIGNER_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_held_acts
tests_attacks_test_attacks_held_acts_SOURCES = tests/attacks/test_attacks_held_acts.c $(ATTACK_SCENE)
tests_attacks_test_attacks_held_acts_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_held_acts_LDADD = $(SIGNER_TEST_LIBS)
FRONT_SCENE = tests/attacks/front_scene.c tests/attacks/front_scene.h $(SERVICE_SCENE)
tests_attacks_test_attacks_front_SOURCES = tests/attacks/test_attacks_front.c $(FRONT_SCENE)
tests_attacks_test_attacks_front_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS) $(LIBEVENT_CFLAGS)
# A body for which memory is short is one of the faults.
tests_attacks_test_attacks_front_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=evbuffer_pullup \
	-Wl,--wrap=X509_cmp_current_time
tests_attacks_test_attacks_front_LDADD = $(FRONT_LIBS) $(SIGNER_TEST_LIBS)
# For the keys that --init makes.
EXTRA_tests_attacks_test_attacks_front_DEPENDENCIES = verifier/verifierd$(EXEEXT)

# What each address may hold of a running one.
ATTACK_TESTS += tests/attacks/test_attacks_room
tests_attacks_test_attacks_room_SOURCES = tests/attacks/test_attacks_room.c $(SERVICE_SCENE)
tests_attacks_test_attacks_room_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS)
tests_attacks_test_attacks_room_LDADD = $(SIGNER_TEST_LIBS)
EXTRA_tests_attacks_test_attacks_room_DEPENDENCIES = verifier/verifierd$(EXEEXT)

ATTACK_TESTS += tests/attacks/test_attacks_waits
tests_attacks_test_attacks_waits_SOURCES = tests/attacks/test_attacks_waits.c $(FRONT_SCENE)
tests_attacks_test_attacks_waits_CPPFLAGS = $(ATTACK_CPPFLAGS) $(SSL_CFLAGS) $(LIBEVENT_CFLAGS)
tests_attacks_test_attacks_waits_LDADD = $(FRONT_LIBS) $(SIGNER_TEST_LIBS)
EXTRA_tests_attacks_test_attacks_waits_DEPENDENCIES = verifier/verifierd$(EXEEXT)

ENTRY_SCENE = tests/attacks/entry_scene.h $(ATTACK_SCENE)
libscenes_a_SOURCES += tests/attacks/entry_scene.c
ATTACK_TESTS += tests/attacks/test_attacks_entries
tests_attacks_test_attacks_entries_SOURCES = tests/attacks/test_attacks_entries.c $(ENTRY_SCENE)
tests_attacks_test_attacks_entries_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_entries_LDADD = $(SIGNER_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_entry_acts
tests_attacks_test_attacks_entry_acts_SOURCES = tests/attacks/test_attacks_entry_acts.c $(ENTRY_SCENE)
tests_attacks_test_attacks_entry_acts_CPPFLAGS = $(ATTACK_CPPFLAGS)
tests_attacks_test_attacks_entry_acts_LDADD = $(SIGNER_TEST_LIBS)
ATTACK_TESTS += tests/attacks/test_attacks_host tests/attacks/test_attacks_mint
HOST_SCENE = tests/attacks/host_scene.h $(SERVICE_SCENE) \
	tests/unit/attestd_grant.h tests/unit/broker_process.h
HOST_TEST_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit $(SSL_CFLAGS) $(CMOCKA_CFLAGS)
HOST_TEST_LIBS = libscenes.a libagent.a libmint.a libcaller.a $(BROKER_LIBS) $(HTTPS_LIBS) $(CMOCKA_LIBS)
tests_attacks_test_attacks_host_SOURCES = tests/attacks/test_attacks_host.c $(HOST_SCENE)
tests_attacks_test_attacks_host_CPPFLAGS = $(HOST_TEST_CPPFLAGS)
tests_attacks_test_attacks_host_LDADD = $(HOST_TEST_LIBS)
tests_attacks_test_attacks_mint_SOURCES = tests/attacks/test_attacks_mint.c $(HOST_SCENE)
tests_attacks_test_attacks_mint_CPPFLAGS = $(HOST_TEST_CPPFLAGS)
tests_attacks_test_attacks_mint_LDADD = $(HOST_TEST_LIBS)
endif
