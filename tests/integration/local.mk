# Integration tests: real processes, swtpm, sockets.

noinst_PROGRAMS += tests/integration/ima_measure
tests_integration_ima_measure_SOURCES = tests/integration/ima_measure.c
tests_integration_ima_measure_LDADD = $(BASE_LIBS)
