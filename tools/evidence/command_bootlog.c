/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tools/evidence/boot_text.h"
#include "tools/commands.h"
#include "tools/log_text.h"
#include "tools/options.h"
#include "tools/path.h"
#include "tpm/boot_payload.h"

#define LOG_MAX ((size_t)64 << 20)

static const char help[] =
	"usage: attestctl bootlog FILE [--json | --extends]\n"
	"\n"
	"Reads a firmware event log, as Linux gives it in\n"
	"/sys/kernel/security/tpm0/binary_bios_measurements, lists its events and replays\n"
	"them: the PCR values that a TPM must hold if the log is true. Compare them with a\n"
	"quote or with tpm2_pcrread; a PCR that differs means that the log was altered, or\n"
	"that something was extended that it does not tell. FILE may be - (standard input).\n"
	"\n"
	"  --json     {\"events\":N,\"banks\":{BANK:{PCR:HEX}},\"missing_digests\":{BANK:[PCR]}}\n"
	"  --extends  one line for each extend, PCR:sha1=HEX,sha256=HEX: the argument of\n"
	"             tpm2_pcrextend, so that the log can be replayed into a TPM. A start-up\n"
	"             locality can't be expressed so: PCR 0 of such a log will differ.\n"
	"\n"
	"SHA-1 (TCG 1.2) and crypto-agile logs are read. EV_NO_ACTION records count as\n"
	"events and extend nothing; a StartupLocality among them sets what PCR 0 starts\n"
	"from. The Spec ID header is not an event. A PCR of which some record lacks a bank's\n"
	"digest can't be computed in that bank: it is left out there and listed under\n"
	"missing_digests. PCRs without events are not listed: they hold their reset value.\n"
	"Algorithms other than sha1, sha256, sha384 and sha512 are skipped by their\n"
	"announced size. Nothing but 0x00 or nothing but 0xff after the last record is\n"
	"padding, anything else is refused.\n"
	"\n"
	"In the list, = marks data whose hash is the event's digest. Other data is only\n"
	"what the firmware says about the event: believe nothing of it.\n"
	"\n"
	"Exit status: 0 read and replayed, 2 malformed log or failure.\n";

enum output {
	OUTPUT_LIST,
	OUTPUT_JSON,
	OUTPUT_EXTENDS,
};

static enum digest_alg shown_bank(const struct boot_log *log)
{
	for (size_t i = 0; i < log->bank_count; i++)
		if (log->bank[i] == DIGEST_SHA256)
			return DIGEST_SHA256;
	return log->bank_count > 0 ? log->bank[0] : DIGEST_NONE;
}

static void print_event(const struct boot_event *event, enum digest_alg alg, struct hasher *hasher)
{
	const struct digest *digest = boot_event_digest(event, alg);
	const char *name = boot_event_name(event->type);
	struct span measured;
	char number[16];

	if (name == NULL) {
		(void)snprintf(number, sizeof(number), "0x%08x", event->type);
		name = number;
	}
	printf("%4zu ", event->index);
	if (event->pcr < PCR_COUNT)
		printf("%3u", event->pcr);
	else
		fputs("  -", stdout);
	printf("  %-32s %-*s %c ", name, (int)digest_size(alg) * 2,
	       digest == NULL ? "-" : hex_text_of(digest_span(digest)).text,
	       boot_payload_is_measured(event, alg, hasher, &measured) ? '=' : ' ');
	print_boot_payload(stdout, event);
	putchar('\n');
}

static enum status print_events(struct boot_log log)
{
	AUTO_DONE(hasher) hasher = { 0 };
	enum digest_alg alg = shown_bank(&log);
	struct boot_event event;
	enum status status = OK;

	/* A log may have none of our banks; its events are still worth seeing. */
	if (alg != DIGEST_NONE)
		status = hasher_init(&hasher, alg);
	printf("   #  PCR %-32s %-*s   data\n", " type", (int)digest_size(alg) * 2,
	       alg == DIGEST_NONE ? "digest" : digest_name(alg));
	while (status == OK && (status = boot_log_next(&log, &event)) == OK)
		print_event(&event, alg, &hasher);
	return status == STATUS_NOT_FOUND ? OK : status;
}

static void print_missing(pcr_mask missing)
{
	fputs("  some record has no digest in this bank, so that these can't be computed:", stdout);
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((missing >> pcr & 1) != 0)
			printf(" %u", pcr);
	putchar('\n');
}

static void print_bank(const struct boot_replay *replay, enum digest_alg alg)
{
	pcr_mask missing = replay->missing[digest_alg_index(alg)];

	printf("\n%s\n", digest_name(alg));
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		const struct digest *value = pcr_value(&replay->values, alg, pcr);

		if (value != NULL)
			printf("  %2u  %s\n", pcr, hex_text_of(digest_span(value)).text);
	}
	if (missing != 0)
		print_missing(missing);
}

static enum status print_list(const struct boot_log *log, const struct boot_replay *replay)
{
	enum status status = print_events(*log);

	printf("\n%zu events, %s log", replay->events,
	       log->is_crypto_agile ? "crypto-agile" : "SHA-1");
	if (log->foreign_count > 0)
		printf(", %zu unknown algorithm%s skipped", log->foreign_count,
		       log->foreign_count == 1 ? "" : "s");
	if (replay->startup_locality != 0)
		printf(", TPM started from locality %u", replay->startup_locality);
	fputs(". PCR values it leads to:\n", stdout);
	for (size_t i = 0; i < log->bank_count; i++)
		print_bank(replay, log->bank[i]);
	return status;
}

static json_t *bank_json(const struct boot_replay *replay, enum digest_alg alg)
{
	json_t *pcrs = json_object();
	char key[4];

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		const struct digest *value = pcr_value(&replay->values, alg, pcr);

		if (value == NULL)
			continue;
		(void)snprintf(key, sizeof(key), "%u", pcr);
		(void)json_object_set_new(pcrs, key,
					  json_string(hex_text_of(digest_span(value)).text));
	}
	return pcrs;
}

static json_t *missing_json(pcr_mask missing)
{
	json_t *pcrs = json_array();

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		if ((missing >> pcr & 1) != 0)
			(void)json_array_append_new(pcrs, json_integer(pcr));
	return pcrs;
}

static enum status print_json(const struct boot_log *log, const struct boot_replay *replay)
{
	json_t *banks = json_object();
	json_t *missing = json_object();

	for (size_t i = 0; i < log->bank_count; i++) {
		const char *name = digest_name(log->bank[i]);
		pcr_mask lacking = replay->missing[digest_alg_index(log->bank[i])];

		(void)json_object_set_new(banks, name, bank_json(replay, log->bank[i]));
		if (lacking != 0)
			(void)json_object_set_new(missing, name, missing_json(lacking));
	}
	return print_report(json_pack("{s:I, s:o, s:o}", "events", (json_int_t)replay->events,
				      "banks", banks, "missing_digests", missing));
}

static enum status print_extends(struct boot_log log)
{
	struct boot_event event;
	enum status status;

	while ((status = boot_log_next(&log, &event)) == OK) {
		if (!boot_event_extends(&event) || event.digest_count == 0)
			continue;
		print_extend_start(stdout, event.pcr);
		for (size_t i = 0; i < event.digest_count; i++)
			print_extend_digest(stdout, &event.digest[i], i == 0);
		putchar('\n');
	}
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* Says where the log stops making sense. */
static enum answer refuse(const char *path, struct boot_log log, enum status reason)
{
	struct boot_event event;
	size_t offset = log.reader.offset;

	while (boot_log_next(&log, &event) == OK)
		offset = log.reader.offset;
	return unusable("%s: event %zu at byte %zu: %s", path, log.event_count, offset,
			status_text(reason));
}

static enum answer show(const char *path, enum output output)
{
	AUTO_DONE(bytes) file = { 0 };
	struct boot_log log;
	struct boot_replay replay;
	enum status status = path_read(path, LOG_MAX, &file);

	if (status != OK)
		return ANSWER_UNUSABLE;
	if (file.len == 0)
		return unusable("%s: an empty boot log", path);
	status = boot_log_open(span_of(&file), &log);
	if (status != OK)
		return unusable("%s: header of a boot log: %s%s", path, status_text(status),
				text_hint(span_of(&file)));
	/* All of it is read before anything is printed. */
	status = boot_log_replay(span_of(&file), &replay);
	if (status != OK)
		return refuse(path, log, status);
	if (output == OUTPUT_LIST)
		status = print_list(&log, &replay);
	if (output == OUTPUT_JSON)
		status = print_json(&log, &replay);
	if (output == OUTPUT_EXTENDS)
		status = print_extends(log);
	if (status != OK || ferror(stdout) != 0 || fflush(stdout) != 0)
		return unusable("%s: %s", path, status_text(status != OK ? status : STATUS_IO));
	return ANSWER_YES;
}

enum answer command_bootlog(int argc, char **argv)
{
	static const struct option known[] = {
		{ "extends", no_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		LAST_OPTIONS,
	};
	enum output output = OUTPUT_LIST;

	for (int option; (option = options_next(argc, argv, "", known)) != -1;) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (option == 'j' && output != OUTPUT_EXTENDS)
			output = OUTPUT_JSON;
		else if (option == 'e' && output != OUTPUT_JSON)
			output = OUTPUT_EXTENDS;
		else
			return unusable("bootlog: an option is wrong (see --help)");
	}
	if (optind != argc - 1)
		return unusable("bootlog: which file? (see --help)");
	return show(argv[optind], output);
}
