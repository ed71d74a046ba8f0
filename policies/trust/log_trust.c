/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/trust/log_trust.h"

/* STATUS_NOT_FOUND: key i does not count in the role. */
static enum status signer_key(const struct log_trust *trust, const struct checkpoint *c,
			      enum role role, size_t i, struct note_key *out)
{
	const struct root_key *key = &trust->root->key[i];
	key_mask counting = trust->root->role[role].keys & ~trust->revoked;
	bool is_log = role == ROLE_LOG;

	if ((counting >> i & 1) == 0)
		return STATUS_NOT_FOUND;
	return note_key_init(is_log ? c->origin : key->name,
			     is_log ? NOTE_ED25519 : NOTE_COSIGNATURE, key->key, out);
}

/* Adds each key of the role that signed. A signature that claims a key's name and
 * id and is not its own refuses the note. */
static enum status add_signers(const struct log_trust *trust, const struct checkpoint *c,
			       enum role role, key_mask *signers)
{
	for (size_t i = 0; i < trust->root->key_count; i++) {
		struct note_key note_key;
		int64_t time = 0;
		enum status status = signer_key(trust, c, role, i, &note_key);

		if (status == OK)
			status = note_verify(&c->note, &note_key, &time);
		if (status == STATUS_NOT_FOUND)
			continue;
		if (status != OK)
			return status;
		if (time > trust->now + CLOCK_SKEW_S)
			return STATUS_DENIED;
		*signers |= (key_mask)1 << i;
	}
	return OK;
}

const char *log_trust_doubt(const struct log_trust *trust, struct span bytes,
			    struct checkpoint *out)
{
	key_mask log = 0, witnesses = 0;
	enum status status = checkpoint_parse(bytes, trust->origin, out);

	if (status == STATUS_MISMATCH)
		return "checkpoint-of-another-log";
	if (status != OK)
		return "bad-checkpoint";
	status = add_signers(trust, out, ROLE_LOG, &log);
	if (status == OK)
		status = add_signers(trust, out, ROLE_WITNESS, &witnesses);
	if (status == STATUS_DENIED)
		return "not-yet-valid";
	if (status != OK)
		return "bad-signature";
	if (!root_meets(trust->root, ROLE_LOG, log))
		return "log-signature-missing";
	if (!trust->without_witness && !root_meets(trust->root, ROLE_WITNESS, witnesses))
		return "witness-missing";
	return NULL;
}

static enum status copy_lines(const struct log_trust *trust, const struct checkpoint *c,
			      enum role role, struct bytes *out)
{
	for (size_t i = 0; i < trust->root->key_count; i++) {
		struct note_key note_key;
		enum status status = signer_key(trust, c, role, i, &note_key);

		if (status == OK)
			status = note_copy_line(&c->note, &note_key, out);
		if (status != OK && status != STATUS_NOT_FOUND)
			return status;
	}
	return OK;
}

enum status log_trust_copy(const struct log_trust *trust, const struct checkpoint *checkpoint,
			   struct bytes *out)
{
	enum status status = bytes_append(out, checkpoint->note.text);

	if (status == OK)
		status = bytes_append_byte(out, '\n');
	if (status == OK)
		status = copy_lines(trust, checkpoint, ROLE_LOG, out);
	return status == OK ? copy_lines(trust, checkpoint, ROLE_WITNESS, out) : status;
}
