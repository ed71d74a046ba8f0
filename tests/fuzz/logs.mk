# Fuzz targets: logs, and their appraisal.
FIXED_REFERENCE = tests/fuzz/fixed_reference.c tests/fuzz/fixed_reference.h
FUZZ_TARGETS += tests/fuzz/fuzz_authenticate tests/fuzz/fuzz_boot_log tests/fuzz/fuzz_uefi_variable \
	tests/fuzz/fuzz_uefi_image tests/fuzz/fuzz_signature_list tests/fuzz/fuzz_command_line \
	tests/fuzz/fuzz_ima_log tests/fuzz/fuzz_ima_template tests/fuzz/fuzz_boot_appraisal \
	tests/fuzz/fuzz_ima_appraisal tests/fuzz/fuzz_appraisal_state tests/fuzz/fuzz_log_files
EXTRA_DIST += tests/fuzz/corpus/authenticate tests/fuzz/corpus/boot_log tests/fuzz/corpus/uefi_variable \
	tests/fuzz/corpus/uefi_image tests/fuzz/corpus/signature_list tests/fuzz/corpus/command_line \
	tests/fuzz/corpus/ima_log tests/fuzz/corpus/ima_template tests/fuzz/corpus/boot_appraisal \
	tests/fuzz/corpus/ima_appraisal tests/fuzz/corpus/appraisal_state tests/fuzz/corpus/log_files
tests_fuzz_fuzz_boot_log_SOURCES = tests/fuzz/fuzz_boot_log.c
tests_fuzz_fuzz_boot_log_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_boot_log_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_uefi_variable_SOURCES = tests/fuzz/fuzz_uefi_variable.c $(FIXED_REFERENCE)
tests_fuzz_fuzz_uefi_variable_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_uefi_variable_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_uefi_image_SOURCES = tests/fuzz/fuzz_uefi_image.c
tests_fuzz_fuzz_uefi_image_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_uefi_image_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_signature_list_SOURCES = tests/fuzz/fuzz_signature_list.c
tests_fuzz_fuzz_signature_list_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_signature_list_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_command_line_SOURCES = tests/fuzz/fuzz_command_line.c $(FIXED_REFERENCE)
tests_fuzz_fuzz_command_line_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_command_line_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_ima_log_SOURCES = tests/fuzz/fuzz_ima_log.c
tests_fuzz_fuzz_ima_log_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_log_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_ima_template_SOURCES = tests/fuzz/fuzz_ima_template.c
tests_fuzz_fuzz_ima_template_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_template_LDADD = $(FUZZ_MAIN) $(TPM_LIBS)
tests_fuzz_fuzz_boot_appraisal_SOURCES = tests/fuzz/fuzz_boot_appraisal.c $(FIXED_REFERENCE)
tests_fuzz_fuzz_boot_appraisal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_boot_appraisal_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_ima_appraisal_SOURCES = tests/fuzz/fuzz_ima_appraisal.c $(FIXED_REFERENCE)
tests_fuzz_fuzz_ima_appraisal_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_ima_appraisal_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_appraisal_state_SOURCES = tests/fuzz/fuzz_appraisal_state.c
tests_fuzz_fuzz_appraisal_state_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_appraisal_state_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
tests_fuzz_fuzz_log_files_SOURCES = tests/fuzz/fuzz_log_files.c
tests_fuzz_fuzz_log_files_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_log_files_LDADD = $(FUZZ_MAIN) libbroker.a $(ATTESTD_LIBS) $(TPM_LIBS)
tests_fuzz_fuzz_authenticate_SOURCES = tests/fuzz/fuzz_authenticate.c tests/fuzz/fake_verify.c \
	tests/fuzz/fake_verify.h $(FIXED_REFERENCE)
tests_fuzz_fuzz_authenticate_LDFLAGS = $(AM_LDFLAGS) $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_authenticate_LDADD = $(FUZZ_MAIN) $(APPRAISAL_LIBS)
