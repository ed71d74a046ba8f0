# Fuzz targets: what a workload may send.
FUZZ_TARGETS += tests/fuzz/fuzz_workload_api
EXTRA_DIST += tests/fuzz/corpus/workload_api tests/fuzz/capture_workload.py
tests_fuzz_fuzz_workload_api_SOURCES = tests/fuzz/fuzz_workload_api.c tests/fuzz/fake_caller.c
tests_fuzz_fuzz_workload_api_CPPFLAGS = $(AM_CPPFLAGS) $(EVENT_CORE_CFLAGS)
tests_fuzz_fuzz_workload_api_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_workload_api_LDADD = $(FUZZ_MAIN) libworkload.a $(WORKLOAD_LIBS) $(ATTESTD_LIBS)
