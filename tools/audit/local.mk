# Of the logs of releases and verdicts: whether they hold.
attestctl_SOURCES += \
	tools/audit/audit.h \
	tools/audit/audit_drift.c \
	tools/audit/audit_export.c \
	tools/audit/audit_verdicts.c \
	tools/audit/command_audit.c \
	verifier/audit_record.c verifier/audit_record.h
