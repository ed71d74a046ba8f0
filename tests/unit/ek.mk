# Unit tests: EK certificates.
if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_ek_certificate tests/unit/test_ek_encoding
TESTS += tests/unit/test_ek_certificate tests/unit/test_ek_encoding
EK_TEST_MAKER = tests/unit/certificate_maker.c tests/unit/certificate_maker.h tests/unit/unit.h
tests_unit_test_ek_certificate_SOURCES = tests/unit/test_ek_certificate.c $(EK_TEST_MAKER)
tests_unit_test_ek_certificate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_certificate_LDADD = $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_encoding_SOURCES = tests/unit/test_ek_encoding.c $(EK_TEST_MAKER)
tests_unit_test_ek_encoding_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_encoding_LDADD = $(TPM_LIBS) $(CMOCKA_LIBS)
endif
