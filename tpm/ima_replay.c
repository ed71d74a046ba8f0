/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "tpm/ima_log.h"

/* Kernels before 5.8 had one hash for all banks: 20 bytes, the rest zero. */
static enum status padded_hash(const struct ima_entry *entry, enum digest_alg alg,
			       struct hasher *sha1, struct digest *out)
{
	struct digest padded = digest_filled(alg, 0);
	struct digest hash;

	if (sha1 == NULL || sha1->alg != DIGEST_SHA1)
		return STATUS_UNSUPPORTED;

	enum status status = ima_entry_hash(entry, sha1, &hash);
	if (status != OK)
		return status;
	memcpy(padded.value, hash.value, digest_size(DIGEST_SHA1));
	*out = padded;
	return OK;
}

enum status ima_extended_value(const struct ima_entry *entry, enum digest_alg alg,
			       enum ima_bank_form form, struct hasher *hasher, struct hasher *sha1,
			       struct digest *out)
{
	if (digest_size(alg) == 0)
		return STATUS_UNSUPPORTED;
	if (entry->is_violation) {
		*out = digest_filled(alg, 0xff);
		return OK;
	}
	if (form == IMA_BANK_SHA1_PADDED)
		return padded_hash(entry, alg, sha1, out);
	if (hasher->alg != alg)
		return STATUS_MISMATCH;
	return ima_entry_hash(entry, hasher, out);
}

/* Apart, so that what nearly all entries are needs no room for the value. */
__attribute__((cold, noinline)) static enum status extend_by_value(struct digest *pcr,
								   const struct ima_entry *entry,
								   enum ima_bank_form form,
								   struct hasher *hasher,
								   struct hasher *sha1)
{
	struct digest value;
	enum status status = ima_extended_value(entry, pcr->alg, form, hasher, sha1, &value);

	return status == OK ? hasher_extend(hasher, pcr, digest_span(&value)) : status;
}

enum status ima_extend(struct digest *pcr, const struct ima_entry *entry, enum ima_bank_form form,
		       struct hasher *hasher, struct hasher *sha1)
{
	/* What nearly all entries are, in one step. */
	if (!entry->is_violation && !entry->is_legacy && form == IMA_BANK_PROPER)
		return hasher_extend_event(hasher, pcr, entry->template_data);
	return extend_by_value(pcr, entry, form, hasher, sha1);
}

enum status ima_boot_aggregate(const struct pcr_values *values, enum digest_alg alg,
			       unsigned pcr_count, struct digest *out)
{
	AUTO_DONE(hasher) hasher = { 0 };
	struct span parts[10];

	if (pcr_count != 8 && pcr_count != 10)
		return STATUS_UNSUPPORTED;
	for (unsigned i = 0; i < pcr_count; i++) {
		const struct digest *value = pcr_value(values, alg, i);

		if (value == NULL)
			return STATUS_NOT_FOUND;
		parts[i] = digest_span(value);
	}

	enum status status = hasher_init(&hasher, alg);
	return status == OK ? hasher_digest(&hasher, parts, pcr_count, out) : status;
}

void ima_progress_init(struct ima_progress *p, enum digest_alg bank)
{
	*p = (struct ima_progress){ .bank.alg = bank };
	for (unsigned i = 0; i < PCR_COUNT; i++)
		p->bank.value[i] = digest_filled(bank, 0);
}

/* The search for a prefix: what was replayed, and which PCRs stand right. */
struct search {
	struct span bytes;
	struct ima_log log; /* what was not yet read of them */
	size_t replayed; /* of them */
	struct ima_progress progress;
	const struct pcr_bank *quoted;
	pcr_mask matching; /* running value equals the quoted one */
	pcr_mask wanted; /* named so far, and PCR 10 */
	pcr_mask checked; /* wanted when a tail was looked at */
	enum ima_bank_form form;
	struct hasher hasher;
	struct hasher sha1;
};

static void search_done(struct search *s)
{
	hasher_done(&s->hasher);
	hasher_done(&s->sha1);
}

AUTO_RELEASE(search, search_done);

static bool is_in(pcr_mask mask, unsigned pcr)
{
	return (mask >> pcr & 1) != 0;
}

static bool is_reached(const struct search *s, unsigned pcr)
{
	return is_in(s->quoted->known, pcr) &&
	       digest_equal(&s->quoted->value[pcr], &s->progress.bank.value[pcr]);
}

static enum status search_start(struct search *s)
{
	bool has_entries = s->bytes.len > 0; /* most quotes come without new ones */
	enum status status = has_entries ? hasher_init(&s->hasher, s->progress.bank.alg) : OK;

	if (has_entries && status == OK && s->form == IMA_BANK_SHA1_PADDED)
		status = hasher_init(&s->sha1, DIGEST_SHA1);
	s->wanted = s->progress.named | (pcr_mask)1 << IMA_PCR;
	for (unsigned i = 0; i < PCR_COUNT && status == OK; i++) {
		if (is_in(s->wanted, i) && !is_in(s->quoted->known, i))
			status = STATUS_NOT_FOUND;
		if (is_reached(s, i))
			s->matching |= (pcr_mask)1 << i;
	}
	return status;
}

static enum status search_step(struct search *s, const struct ima_entry *entry)
{
	struct ima_progress *p = &s->progress;
	pcr_mask bit = (pcr_mask)1 << entry->pcr;

	if (!is_in(s->quoted->known, entry->pcr))
		return STATUS_NOT_FOUND;

	enum status status = ima_extend(&p->bank.value[entry->pcr], entry, s->form, &s->hasher,
					s->form == IMA_BANK_SHA1_PADDED ? &s->sha1 : NULL);
	if (status != OK)
		return status;
	s->replayed = entry->offset + entry->size;
	p->entries++;
	p->named |= bit;
	p->bank.known |= bit;
	s->wanted |= bit;
	s->matching &= ~bit;
	if (is_reached(s, entry->pcr))
		s->matching |= bit;
	return OK;
}

/* Entries after a candidate are not covered by the quote, but the PCRs that
 * they name are: one that was quoted with a value and that no entry of the
 * prefix explains means that the prefix is longer. */
static enum status check_tail(const struct search *s, struct ima_log tail, bool *is_prefix)
{
	struct ima_entry entry;
	enum status status = OK;

	*is_prefix = true;
	while (*is_prefix && (status = ima_log_next(&tail, &entry)) == OK)
		*is_prefix = is_in(s->wanted | s->matching, entry.pcr);
	if (!*is_prefix || status == STATUS_NOT_FOUND || status == STATUS_TRUNCATED)
		return OK;
	return status;
}

/* A tail that named another PCR is read again only after that PCR has come up: 24
 * times at most, so time stays linear. */
static bool may_be_end(const struct search *s)
{
	return (s->wanted & ~s->matching) == 0 && s->wanted != s->checked;
}

/* Is the quote reached by what was replayed? */
static enum status check_end(struct search *s, bool *is_prefix)
{
	s->checked = s->wanted;

	struct ima_log tail = s->log;
	tail.reader = reader_over(s->bytes);
	reader_skip(&tail.reader, s->replayed);
	return check_tail(s, tail, is_prefix);
}

/* Entries that were read and are not replayed yet, each at its number's place. */
struct ahead {
	struct ima_entry entry[IMA_AHEAD];
	size_t read, taken;
	enum status end; /* what came after the last one read */
};

static void read_ahead(struct ahead *a, struct ima_log *log, const struct ima_visitor *visitor)
{
	while (a->end == OK && a->read - a->taken < IMA_AHEAD) {
		size_t place = a->read % IMA_AHEAD;

		a->end = ima_log_next(log, &a->entry[place]);
		if (a->end != OK)
			return;
		a->read++;
		if (visitor != NULL)
			visitor->ahead(visitor->context, &a->entry[place], place);
	}
}

static enum status take_next(struct search *s, struct ahead *a, const struct ima_visitor *visitor,
			     bool *is_reached)
{
	size_t place = a->taken++ % IMA_AHEAD;
	enum status status = search_step(s, &a->entry[place]);

	if (status == OK && may_be_end(s))
		status = check_end(s, is_reached);
	if (status == OK && visitor != NULL)
		status = visitor->visit(visitor->context, &a->entry[place], place);
	return status;
}

/* Stands after the prefix, or after the whole log where none reaches the quote. */
static enum status search_prefix(struct search *s, const struct ima_visitor *visitor,
				 bool *is_reached)
{
	struct ahead a; /* places are set as they are read */
	enum status status = may_be_end(s) ? check_end(s, is_reached) : OK;

	a.read = a.taken = 0;
	a.end = OK;

	while (status == OK && !*is_reached) {
		read_ahead(&a, &s->log, visitor);
		if (a.taken == a.read)
			return a.end == STATUS_NOT_FOUND ? OK : a.end;
		status = take_next(s, &a, visitor, is_reached);
	}
	return status;
}

enum status ima_replay(struct span bytes, enum digest_alg recorded, enum ima_bank_form form,
		       const struct pcr_values *quoted, const struct ima_visitor *visitor,
		       struct ima_progress *progress, size_t *replayed, bool *is_reached)
{
	AUTO_DONE(search) s = { .bytes = bytes, .progress = *progress, .form = form };
	bool found = false;
	enum status status = ima_log_open(bytes, recorded, progress->entries, &s.log);

	if (digest_alg_index(progress->bank.alg) == DIGEST_ALGS)
		return STATUS_UNSUPPORTED;
	s.quoted = &quoted->bank[digest_alg_index(progress->bank.alg)];
	if (status == OK)
		status = search_start(&s);
	if (status == OK)
		status = search_prefix(&s, visitor, &found);
	if (status != OK)
		return status;
	*progress = s.progress;
	*replayed = s.replayed;
	*is_reached = found;
	return OK;
}
