# What evidence says, offline and without a TPM.
attestctl_SOURCES += \
	tools/evidence/boot_text.c tools/evidence/boot_text.h \
	tools/evidence/command_appraise.c \
	tools/evidence/command_bootlog.c \
	tools/evidence/command_ek.c \
	tools/evidence/command_imalog.c \
	tools/evidence/command_quote.c \
	tools/evidence/evidence_quote.c tools/evidence/evidence_quote.h \
	tools/evidence/quote_judgement.c tools/evidence/quote_judgement.h \
	tools/evidence/quote_question.c tools/evidence/quote_question.h
