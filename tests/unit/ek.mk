# Unit tests: EK certificates.
if HAVE_CMOCKA
EK_TESTS = tests/unit/test_ek_certificate tests/unit/test_ek_encoding tests/unit/test_ek_keys \
	tests/unit/test_ek_revocation tests/unit/test_ek_cost
check_PROGRAMS += $(EK_TESTS)
TESTS += $(EK_TESTS)
libscenes_a_SOURCES += tests/unit/certificate_maker.c tests/unit/ek_fixture.c tests/unit/ek_scene.c
EK_MAKER = tests/unit/certificate_maker.h tests/unit/unit.h
EK_FIXTURE = tests/unit/ek_fixture.h $(EK_MAKER)
tests_unit_test_ek_certificate_SOURCES = tests/unit/test_ek_certificate.c $(EK_FIXTURE)
tests_unit_test_ek_certificate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_certificate_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_encoding_SOURCES = tests/unit/test_ek_encoding.c tests/unit/ek_scene.h $(EK_MAKER)
tests_unit_test_ek_encoding_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_encoding_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_keys_SOURCES = tests/unit/test_ek_keys.c tests/unit/ek_scene.h $(EK_MAKER)
tests_unit_test_ek_keys_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_keys_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_revocation_SOURCES = tests/unit/test_ek_revocation.c $(EK_FIXTURE)
tests_unit_test_ek_revocation_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_revocation_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_cost_SOURCES = tests/unit/test_ek_cost.c $(EK_FIXTURE)
tests_unit_test_ek_cost_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
tests_unit_test_ek_cost_LDADD = libscenes.a $(TPM_LIBS) $(CMOCKA_LIBS)
tests_unit_test_ek_cost_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=signed_der_verify,--wrap=certificate_parse \
	-Wl,--wrap=d2i_X509_NAME,--wrap=d2i_X509_CRL,--wrap=X509_NAME_cmp
endif
