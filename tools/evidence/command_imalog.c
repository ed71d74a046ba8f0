/* SPDX-License-Identifier: Apache-2.0 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "tools/commands.h"
#include "tools/log_text.h"
#include "tools/options.h"
#include "tools/path.h"
#include "tpm/ima_log.h"

#define LOG_MAX ((size_t)1 << 30)
#define PATH_SHOWN_MAX 512

static const char help[] =
	"usage: attestctl imalog FILE [--template-hash ALG] [--expect ALG:HEX]\n"
	"                             [--zero-padded] [--json]\n"
	"       attestctl imalog FILE [--template-hash ALG] --extends [--banks ALG,ALG...]\n"
	"\n"
	"Reads a list of IMA measurements, as Linux gives it in\n"
	"/sys/kernel/security/ima/binary_runtime_measurements, lists its entries and replays\n"
	"them: the PCR values that a TPM must hold if the list is true. FILE may be -\n"
	"(standard input).\n"
	"\n"
	"  --template-hash ALG  the algorithm of the recorded template hash: sha1 (20 bytes)\n"
	"                       unless the file is binary_runtime_measurements_sha256 or such\n"
	"  --expect ALG:HEX     find the entries after which PCR 10 of that bank had this\n"
	"                       value, 0 for the reset value; a list goes on growing after a\n"
	"                       quote, so the entries after them are normal. Exit 1 if never\n"
	"  --zero-padded        banks as kernels before 5.8 filled them: the SHA-1 template\n"
	"                       hash, padded with zeros\n"
	"  --json               {\"entries\":N,\"violations\":N,\"bad_template_hashes\":N,\n"
	"                       \"templates\":{NAME:N},\"pcrs\":{PCR:{BANK:HEX}}}, with --expect\n"
	"                       \"prefix\":N or null\n"
	"  --extends            one line for each entry, PCR:sha1=HEX,sha256=HEX: the argument\n"
	"                       of tpm2_pcrextend, so that the list can be replayed into a TPM\n"
	"  --banks ALG,ALG...   the banks of --extends: sha1,sha256 unless told otherwise\n"
	"\n"
	"Each bank is replayed from the hash of the template data, in every PCR that entries\n"
	"name; a violation (recorded template hash zero) extends all ones. A recorded\n"
	"template hash that is not the hash of the template data is counted as bad: it is\n"
	"not what the TPM was given. Templates: ima, ima-ng, ima-sig, ima-ngv2, ima-sigv2,\n"
	"ima-buf, ima-modsig, evm-sig and lists of their fields (ima_template_fmt=). Others\n"
	"are refused, never skipped.\n"
	"\n"
	"Exit status: 0 read and replayed (with --expect: found), 1 not found, 2 malformed\n"
	"list or failure.\n";

enum output {
	OUTPUT_LIST,
	OUTPUT_JSON,
	OUTPUT_EXTENDS,
};

struct request {
	const char *path;
	enum output output;
	enum digest_alg recorded;
	enum ima_bank_form form;
	bool has_expected;
	struct digest expected;
	size_t bank_count;
	enum digest_alg bank[DIGEST_ALGS];
};

struct tally {
	uint64_t entries;
	uint64_t violations;
	uint64_t bad_template_hashes;
	json_t *templates;
	struct pcr_values values;
	bool is_found;
	uint64_t prefix;
	struct hasher hasher[DIGEST_ALGS];
};

static void tally_done(struct tally *t)
{
	json_decref(t->templates);
	for (size_t i = 0; i < DIGEST_ALGS; i++)
		hasher_done(&t->hasher[i]);
}

AUTO_RELEASE(tally, tally_done);

static enum status tally_init(struct tally *t, const struct request *request)
{
	enum status status = OK;

	t->templates = json_object();
	pcr_values_init(&t->values);
	for (size_t i = 0; i < DIGEST_ALGS && status == OK; i++) {
		status = hasher_init(&t->hasher[i], digest_algs[i]);
		for (size_t pcr = 0; pcr < PCR_COUNT; pcr++)
			t->values.bank[i].value[pcr] = digest_filled(digest_algs[i], 0);
	}

	struct digest reset = digest_filled(request->expected.alg, 0);
	t->is_found = request->has_expected && digest_equal(&reset, &request->expected);
	return status;
}

static enum status count_template(struct tally *t, struct span name)
{
	AUTO(char) key = NULL;
	enum status status = bytes_text(name, &key);

	if (status != OK)
		return status;

	json_int_t before = json_integer_value(json_object_get(t->templates, key));
	return json_object_set_new(t->templates, key, json_integer(before + 1)) == 0
		       ? OK
		       : STATUS_NO_MEMORY;
}

/* What goes into the four banks for one entry. */
static enum status values_of(const struct ima_entry *entry, struct tally *t,
			     enum ima_bank_form form, struct digest value[DIGEST_ALGS])
{
	enum status status = OK;

	for (size_t i = 0; i < DIGEST_ALGS && status == OK; i++)
		status = ima_extended_value(entry, digest_algs[i], form, &t->hasher[i],
					    &t->hasher[0], &value[i]);
	return status;
}

static enum status is_hash_recorded(const struct ima_entry *entry, struct tally *t,
				    enum digest_alg recorded, bool *is_good)
{
	struct digest hash;
	enum status status = ima_entry_hash(entry, &t->hasher[digest_alg_index(recorded)], &hash);

	if (status == OK)
		*is_good =
			entry->is_violation || span_equal(digest_span(&hash), entry->template_hash);
	return status;
}

static enum status replay_entry(const struct ima_entry *entry, struct tally *t,
				const struct request *request, struct digest value[DIGEST_ALGS])
{
	enum status status = values_of(entry, t, request->form, value);

	for (size_t i = 0; i < DIGEST_ALGS && status == OK; i++) {
		struct pcr_bank *bank = &t->values.bank[i];

		bank->known |= (pcr_mask)1 << entry->pcr;
		status = hasher_extend(&t->hasher[i], &bank->value[entry->pcr],
				       digest_span(&value[i]));
	}
	t->entries++;
	if (status != OK || !request->has_expected || t->is_found || entry->pcr != IMA_PCR)
		return status;

	const struct digest *now = pcr_value(&t->values, request->expected.alg, IMA_PCR);
	t->is_found = now != NULL && digest_equal(now, &request->expected);
	t->prefix = t->entries;
	return OK;
}

static void print_entry(const struct ima_entry *entry, bool is_hash_good)
{
	printf("%6llu %3u  ", (unsigned long long)entry->index, entry->pcr);
	print_escaped(stdout, entry->template_name, IMA_TEMPLATE_NAME_MAX);
	fputs("  ", stdout);
	if (entry->digest_type.len > 0) {
		print_escaped(stdout, entry->digest_type, entry->digest_type.len);
		putchar(':');
	}
	print_escaped(stdout, entry->file_alg_name, entry->file_alg_name.len);
	printf("%s%s  ", entry->has_digest ? ":" : "-", hex_text_of(entry->file_digest).text);
	print_escaped(stdout, entry->path, PATH_SHOWN_MAX);
	if (entry->file_signature.len > 0)
		fputs("  [signed]", stdout);
	if (entry->has_buffer)
		printf("  [%zu bytes]", entry->buffer.len);
	if (entry->is_violation)
		fputs("  [VIOLATION]", stdout);
	if (!is_hash_good)
		fputs("  [BAD TEMPLATE HASH]", stdout);
	putchar('\n');
}

static void print_extend(const struct ima_entry *entry, const struct request *request,
			 const struct digest value[DIGEST_ALGS])
{
	print_extend_start(stdout, entry->pcr);
	for (size_t i = 0; i < request->bank_count; i++)
		print_extend_digest(stdout, &value[digest_alg_index(request->bank[i])], i == 0);
	putchar('\n');
}

static enum status take_entry(const struct ima_entry *entry, struct tally *t,
			      const struct request *request)
{
	struct digest value[DIGEST_ALGS];
	bool is_good = false;
	enum status status = replay_entry(entry, t, request, value);

	if (status == OK)
		status = is_hash_recorded(entry, t, request->recorded, &is_good);
	if (status == OK)
		status = count_template(t, entry->template_name);
	if (status != OK)
		return status;
	t->violations += entry->is_violation;
	t->bad_template_hashes += !is_good;
	if (request->output == OUTPUT_LIST)
		print_entry(entry, is_good);
	if (request->output == OUTPUT_EXTENDS)
		print_extend(entry, request, value);
	return OK;
}

static json_t *pcrs_json(const struct pcr_values *values)
{
	json_t *pcrs = json_object();
	char key[4];

	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++) {
		json_t *banks = json_object();

		for (size_t i = 0; i < DIGEST_ALGS; i++) {
			const struct digest *value = pcr_value(values, digest_algs[i], pcr);

			if (value != NULL)
				(void)json_object_set_new(
					banks, digest_name(digest_algs[i]),
					json_string(hex_text_of(digest_span(value)).text));
		}
		(void)snprintf(key, sizeof(key), "%u", pcr);
		if (json_object_size(banks) > 0)
			(void)json_object_set(pcrs, key, banks);
		json_decref(banks);
	}
	return pcrs;
}

static enum status print_json(const struct tally *t, const struct request *request)
{
	json_t *report = json_pack("{s:I, s:I, s:I, s:O, s:o}", "entries", (json_int_t)t->entries,
				   "violations", (json_int_t)t->violations, "bad_template_hashes",
				   (json_int_t)t->bad_template_hashes, "templates", t->templates,
				   "pcrs", pcrs_json(&t->values));

	if (report != NULL && request->has_expected)
		(void)json_object_set_new(report, "prefix",
					  t->is_found ? json_integer((json_int_t)t->prefix)
						      : json_null());
	return print_report(report);
}

static void print_pcrs(const struct tally *t)
{
	for (unsigned pcr = 0; pcr < PCR_COUNT; pcr++)
		for (size_t i = 0; i < DIGEST_ALGS; i++) {
			const struct digest *value = pcr_value(&t->values, digest_algs[i], pcr);

			if (value != NULL)
				printf("  PCR %u  %-6s  %s\n", pcr, digest_name(value->alg),
				       hex_text_of(digest_span(value)).text);
		}
}

static void print_summary(const struct tally *t, const struct request *request)
{
	printf("\n%llu entries, %llu violations, %llu bad template hashes. PCR values they lead "
	       "to:\n",
	       (unsigned long long)t->entries, (unsigned long long)t->violations,
	       (unsigned long long)t->bad_template_hashes);
	print_pcrs(t);
	fputs("templates:", stdout);
	for (void *i = json_object_iter(t->templates); i != NULL;
	     i = json_object_iter_next(t->templates, i))
		printf(" %s (%lld)", json_object_iter_key(i),
		       (long long)json_integer_value(json_object_iter_value(i)));
	putchar('\n');
	if (!request->has_expected)
		return;
	if (t->is_found)
		printf("PCR 10 had the value expected after %llu entries; %llu came later.\n",
		       (unsigned long long)t->prefix, (unsigned long long)(t->entries - t->prefix));
	else
		puts("PCR 10 never had the value expected: the list was altered or is too short.");
}

static enum status read_list(struct span bytes, const struct request *request, struct tally *t,
			     struct ima_log *log)
{
	struct ima_entry entry;
	enum status status = ima_log_open(bytes, request->recorded, 0, log);

	if (request->output == OUTPUT_LIST)
		puts("     # PCR  template  file digest  path");
	while (status == OK && (status = ima_log_next(log, &entry)) == OK)
		status = take_entry(&entry, t, request);
	return status == STATUS_NOT_FOUND ? OK : status;
}

/* Why a list fails in its first entry, where something general can be said. */
static const char *hint(const struct ima_log *log, struct span file)
{
	struct reader r = reader_over(file);
	uint32_t swapped = reader_be32(&r);

	if (log->next_index > 0 || r.status != OK)
		return "";
	if (swapped > 0 && swapped < PCR_COUNT)
		return " (big-endian: its kernel lacks ima_canonical_fmt)";
	if (text_hint(file)[0] != '\0')
		return text_hint(file);
	return " (another --template-hash?)";
}

static enum answer show(const struct request *request)
{
	AUTO_DONE(bytes) file = { 0 };
	AUTO_DONE(tally) tally = { 0 };
	struct ima_log log = { 0 };
	enum status status = path_read(request->path, LOG_MAX, &file);

	if (status != OK)
		return ANSWER_UNUSABLE;
	status = tally_init(&tally, request);
	if (status == OK)
		status = read_list(span_of(&file), request, &tally, &log);
	if (status != OK)
		return unusable("%s: entry %llu at byte %zu: %s%s", request->path,
				(unsigned long long)log.next_index, log.reader.offset,
				status_text(status), hint(&log, span_of(&file)));
	if (request->output == OUTPUT_LIST)
		print_summary(&tally, request);
	if (request->output == OUTPUT_JSON)
		status = print_json(&tally, request);
	if (status != OK || ferror(stdout) != 0 || fflush(stdout) != 0)
		return unusable("%s: %s", request->path,
				status_text(status != OK ? status : STATUS_IO));
	return request->has_expected && !tally.is_found ? ANSWER_NO : ANSWER_YES;
}

static bool take_option(struct request *request, int option, const char *value)
{
	switch (option) {
	case 't':
		request->recorded = digest_alg_named(span_text(value));
		return request->recorded != DIGEST_NONE;
	case 'x':
		request->has_expected = true;
		return digest_text_parse(span_text(value), &request->expected) == OK;
	case 'b':
		return banks_parse(value, request->bank, &request->bank_count);
	case 'z':
		request->form = IMA_BANK_SHA1_PADDED;
		return true;
	case 'j':
	case 'e':
		if (request->output == (option == 'j' ? OUTPUT_EXTENDS : OUTPUT_JSON))
			return false;
		request->output = option == 'j' ? OUTPUT_JSON : OUTPUT_EXTENDS;
		return true;
	default:
		return false;
	}
}

enum answer command_imalog(int argc, char **argv)
{
	static const struct option known[] = {
		{ "banks", required_argument, NULL, 'b' },
		{ "expect", required_argument, NULL, 'x' },
		{ "extends", no_argument, NULL, 'e' },
		{ "json", no_argument, NULL, 'j' },
		{ "template-hash", required_argument, NULL, 't' },
		{ "zero-padded", no_argument, NULL, 'z' },
		LAST_OPTIONS,
	};
	struct request request = {
		.recorded = DIGEST_SHA1,
		.bank_count = 2,
		.bank = { DIGEST_SHA1, DIGEST_SHA256 },
	};

	for (int option; (option = options_next(argc, argv, "", known)) != -1;) {
		if (option == OPTION_HELP) {
			fputs(help, stdout);
			return ANSWER_YES;
		}
		if (!take_option(&request, option, optarg))
			return unusable("imalog: an option is wrong%s%s (see --help)",
					optarg == NULL ? "" : ": ", optarg == NULL ? "" : optarg);
	}
	if (optind != argc - 1)
		return unusable("imalog: which file? (see --help)");
	request.path = argv[optind];
	return show(&request);
}
