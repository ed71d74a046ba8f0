# Unit tests: whom the mint serves.
if HAVE_CMOCKA
MINT_TESTS = tests/unit/test_mint_texts
check_PROGRAMS += $(MINT_TESTS)
TESTS += $(MINT_TESTS)
tests_unit_test_mint_texts_SOURCES = tests/unit/test_mint_texts.c tests/unit/unit.h
tests_unit_test_mint_texts_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_mint_texts_LDADD = $(MINT_LIBS) $(CMOCKA_LIBS)
endif
