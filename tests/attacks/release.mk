# Attacks: signed releases (r).
if HAVE_CMOCKA
ATTACK_TESTS += tests/attacks/test_attacks_release
tests_attacks_test_attacks_release_SOURCES = tests/attacks/test_attacks_release.c $(RELEASE_LINE)
tests_attacks_test_attacks_release_CPPFLAGS = $(AM_CPPFLAGS) -I$(srcdir)/tests/unit \
	$(JANSSON_CFLAGS) $(CMOCKA_CFLAGS)
tests_attacks_test_attacks_release_LDADD = $(POLICIES_LIBS) $(CMOCKA_LIBS)
endif
