# What lib/messages builds.
noinst_LIBRARIES += libmessages.a
libmessages_a_SOURCES = \
	lib/messages/activate.c lib/messages/activate.h \
	lib/messages/challenge.c lib/messages/challenge.h \
	lib/messages/enrol.c lib/messages/enrol.h \
	lib/messages/entries.c lib/messages/entries.h \
	lib/messages/entry.c \
	lib/messages/error.c lib/messages/error.h \
	lib/messages/evidence.c lib/messages/evidence.h \
	lib/messages/evidence_file.c lib/messages/evidence_file.h \
	lib/messages/journal.c lib/messages/journal.h \
	lib/messages/json_tree.c lib/messages/json_tree.h \
	lib/messages/json_writer.c lib/messages/json_writer.h \
	lib/messages/jwk.c lib/messages/jwk.h \
	lib/messages/limits.h \
	lib/messages/message.c lib/messages/message.h \
	lib/messages/metric.c lib/messages/metric.h \
	lib/messages/node.c lib/messages/node.h \
	lib/messages/report.c lib/messages/report.h \
	lib/messages/result.c lib/messages/result.h \
	lib/messages/sealed.c lib/messages/sealed.h \
	lib/messages/spiffe_id.c lib/messages/spiffe_id.h \
	lib/messages/statement.c lib/messages/statement.h \
	lib/messages/statement_lines.c lib/messages/statement_lines.h \
	lib/messages/strict_json.c lib/messages/strict_json.h \
	lib/messages/verdict.c \
	lib/messages/wait.c lib/messages/wait.h
MESSAGES_LIBS = libmessages.a $(BASE_LIBS)
