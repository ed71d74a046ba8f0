/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attestd/role_program.h"
#include "daemon/clock.h"
#include "daemon/file.h"
#include "daemon/log.h"
#include "daemon/role.h"

#define AUTH_MAX 64
#define TICK_MS 1000
/* After a signature, for the next one: they come in bursts (docs/decisions/131). */
#define AT_HAND_MS TPM_SESSION_AHEAD_MS

static const struct verb {
	uint16_t type;
	bool is_mints; /* else the agent's */
	const char *name;
	broker_verb run;
} verbs[] = {
	{ FRAME_IDENTITY, false, "identity", verb_identity },
	{ FRAME_ACTIVATE, false, "activate", verb_activate },
	{ FRAME_EVIDENCE, false, "evidence", verb_evidence },
	{ FRAME_VERDICT, false, "verdict", verb_verdict },
	{ FRAME_DROP, false, "drop", verb_drop },
	{ FRAME_MINT_SIGN, true, "mint-sign", verb_mint_sign },
	{ FRAME_JWT_REQUEST, true, "jwt-request", verb_jwt_request },
	{ FRAME_MINT_ENDED, true, "mint-ended", verb_mint_ended },
	{ FRAME_MEASURED, true, "measured", verb_measured },
};

/* What the TPM was last asked for; read by a signal's handler. */
static const char *volatile task = "";
static const char for_tpm[] = "the TPM does not answer to: ";
static const char for_reader[] = "nobody takes what is said of: ";
static const char *volatile waits_for = for_tpm;

/* A TPM behind a socket may never answer, and the TSS waits for ever: the role
 * ends, and is started anew. Only async-signal-safe calls. */
static void on_silence(int signal)
{
	static const char before[] = "<3>attestd/broker: ends: ";
	const char *whom = waits_for, *what = task;

	(void)signal;
	(void)!write(STDERR_FILENO, before, sizeof(before) - 1);
	(void)!write(STDERR_FILENO, whom, strlen(whom));
	(void)!write(STDERR_FILENO, what, strlen(what));
	(void)!write(STDERR_FILENO, "\n", 1);
	_exit(1);
}

/* Until alarm(0). */
static void watch(const struct broker *b, const char *what)
{
	task = what;
	waits_for = for_tpm;
	(void)alarm(
		(unsigned)settings_number(b->configuration->settings, "tpm", NULL, "timeout_s"));
}

static const struct verb *verb_of(uint16_t type, bool is_mints)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (verbs[i].type == type && verbs[i].is_mints == is_mints)
			return &verbs[i];
	}
	return NULL;
}

static enum status refuse(struct broker *b, struct channel *c, uint64_t id, enum status why)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);

	writer_be16(&w, (uint16_t)why);
	writer_sized(&w, span_text(broker_reason(b, why)));

	enum status status = writer_end(&w);

	return status == OK ? channel_send(c, FRAME_REFUSED, id, span_of(&body)) : status;
}

static enum status answer(struct broker *b, struct channel *c, uint64_t id, enum status status,
			  struct writer *out, const struct bytes *body)
{
	if (status == OK)
		status = writer_end(out);
	if (status != OK)
		return refuse(b, c, id, status);
	return channel_send(c, FRAME_ANSWER, id, span_of(body));
}

static void tidy(struct broker *b)
{
	tpm_device_end(b->device);
	b->tidy_at_ms = 0;
	b->is_ahead_due = false;
}

/* The connection, with the minting key loaded; in a burst, the next signature's policy
 * session is begun as well. Each signature has its own. */
static bool keep_at_hand(struct broker *b, const struct verb *verb)
{
	if (verb->type == FRAME_MINT_SIGN) {
		b->is_ahead_due = b->tidy_at_ms != 0;
		b->tidy_at_ms = clock_boot_ms() + AT_HAND_MS;
	}
	return verb->is_mints && b->tidy_at_ms != 0;
}

/* What is no request of this peer's ends the channel, and so the role. */
static enum status serve(struct broker *b, struct channel *c, const struct frame *frame)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer out = writer_to(&body, FRAME_LARGE_MAX);
	struct reader in = reader_over(frame->body);
	const struct verb *verb = verb_of(frame->type, c == &b->mint);

	if (frame->fd >= 0)
		(void)close(frame->fd);
	if (verb == NULL || frame->id == 0 || frame->fd >= 0)
		return STATUS_MALFORMED;

	broker_forget_reason(b);
	watch(b, verb->name);
	tpm_device_begin(b->device);

	enum status status = verb->run(b, &in, &out);

	bool is_done = status == OK;

	waits_for = for_reader;
	status = in.status != OK ? STATUS_MALFORMED : answer(b, c, frame->id, status, &out, &body);
	waits_for = for_tpm;
	/* Who asked does not wait until the TPM is tidy. */
	if (!is_done || !keep_at_hand(b, verb))
		tidy(b);
	(void)alarm(0);
	return status;
}

/* While the agent waits for its challenge: the AK is what evidence begins with. */
static void prepare(struct broker *b)
{
	b->is_prepared = true;
	broker_forget_reason(b);
	watch(b, "attestation key");
	tpm_device_begin(b->device);

	enum status status = broker_attestation_key(b);

	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "TPM: %s", broker_reason(b, status));
	tidy(b);
	(void)alarm(0);
}

static enum status serve_all(struct broker *b, struct channel *c)
{
	struct frame frame;
	enum status status = channel_fill(c);

	if (status != OK)
		return status;
	status = channel_take(c, &frame);
	if (status == STATUS_NOT_FOUND)
		return OK;
	return status == OK ? serve(b, c, &frame) : status;
}

/* Once a second: new measurements, such that the last quote did not reach, or so many
 * SVIDs that their records should be collected. */
static enum status tell_growth(struct broker *b)
{
	bool is_filling = journal_is_filling(&b->journal);
	bool is_beyond = b->beyond.in_s > 0 && --b->beyond.in_s == 0;

	if ((!logs_grew(&b->logs) && !is_filling && !is_beyond) || b->growth_told)
		return OK;
	b->growth_told = true;
	watch(b, "growth");
	waits_for = for_reader;

	enum status status = channel_send(&b->agent, FRAME_GROWTH, 0, (struct span){ 0 });

	(void)alarm(0);
	return status;
}

/* Only a new start has the right to open the TPM then. */
static bool is_lost(const struct broker *b)
{
	return b->is_dropped && tpm_device_is_away(b->device);
}

/* Until something is to be done that nobody asks for. */
static int wait_ms(const struct broker *b, int64_t left)
{
	int64_t at_hand = b->tidy_at_ms - clock_boot_ms();

	if (!b->is_prepared || b->is_ahead_due || (b->tidy_at_ms != 0 && at_hand <= 0))
		return 0;
	return (int)(b->tidy_at_ms != 0 && at_hand < left ? at_hand : left);
}

static void tidy_late(struct broker *b)
{
	watch(b, "flush");
	tidy(b);
	(void)alarm(0);
}

/* One command of the TPM: whoever asks meanwhile waits for no more. Where it fails, the
 * next signature says why. */
static void begin_ahead(struct broker *b)
{
	bool is_done = true;

	watch(b, "policy session");
	if (tpm_device_mint_ahead(b->device, clock_boot_ms(), &is_done) != OK || is_done)
		b->is_ahead_due = false;
	(void)alarm(0);
}

static void use_the_pause(struct broker *b)
{
	if (!b->is_prepared)
		prepare(b);
	else if (b->tidy_at_ms != 0 && b->tidy_at_ms <= clock_boot_ms())
		tidy_late(b);
	else if (b->is_ahead_due)
		begin_ahead(b);
}

static enum status loop(struct broker *b)
{
	enum status status = OK;
	int64_t tick = clock_boot_ms() + TICK_MS;

	while (status == OK) {
		struct pollfd fds[] = { { .fd = b->agent.fd, .events = POLLIN },
					{ .fd = b->mint.fd, .events = POLLIN } };
		int64_t left = tick - clock_boot_ms();

		/* The one wake-up a second: IMA notifies nobody. */
		if (left <= 0) {
			broker_record_ends(b);
			status = tell_growth(b);
			watch(b, "cap");
			broker_cap_again(b);
			(void)alarm(0);
			tick = clock_boot_ms() + TICK_MS;
			continue;
		}
		/* Who asks goes first. */
		if (poll(fds, 2, wait_ms(b, left)) == 0)
			use_the_pause(b);
		if (fds[0].revents != 0)
			status = serve_all(b, &b->agent);
		if (status == OK && fds[1].revents != 0)
			status = serve_all(b, &b->mint);
		if (status == OK && is_lost(b))
			status = STATUS_UNAVAILABLE;
	}
	return status;
}

/* Endorsement password: the file's first line. */
static enum status endorsement_auth(const struct configuration *c, struct bytes *out)
{
	const char *path = configuration_text(c, "tpm", "endorsement_auth_file");
	enum status status = path == NULL ? OK : file_read_guarded(path, AUTH_MAX, true, out);

	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->len--;
	return status;
}

/* Tried again at each signature, and none is made without it. */
static void open_journal(struct broker *b)
{
	const char *path = configuration_text(b->configuration, "broker", "journal");
	enum status status =
		journal_open(path, configuration_user(b->configuration, "broker"), &b->journal);

	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "[broker] journal: %s: %s: nothing is signed", path,
			 status == STATUS_UNAVAILABLE ? "another attestd has it" : strerror(errno));
}

static enum status open_all(struct broker *b)
{
	const struct configuration *c = b->configuration;
	AUTO_DONE(bytes) auth = { 0 };
	bool was_root = geteuid() == 0;
	enum status status = endorsement_auth(c, &auth);

	if (status != OK) {
		log_line(LOG_LEVEL_ERROR, "[tpm] endorsement_auth_file: %s: %s",
			 configuration_text(c, "tpm", "endorsement_auth_file"),
			 file_guard_text(status));
		return status;
	}
	status = tpm_device_new(configuration_text(c, "tpm", "tcti"), span_of(&auth), &b->device);
	bytes_wipe(&auth);
	if (status != OK)
		return status;
	logs_open(configuration_text(c, "logs", "boot_log"),
		  configuration_text(c, "logs", "ima_log"),
		  configuration_text(c, "logs", "ima_count"), &b->logs);
	open_journal(b);
	/* A TPM that does not answer yet is asked again by the agent. */
	watch(b, "identity");
	tpm_device_begin(b->device);
	status = broker_identify(b);
	tpm_device_end(b->device);
	b->is_identity_new = status == OK;
	b->is_prepared = status != OK;
	(void)alarm(0);
	if (status != OK)
		log_line(LOG_LEVEL_WARNING, "TPM: %s", broker_reason(b, status));
	status = configuration_drop(c, "broker");
	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "[broker] user: %s", status_text(status));
	b->is_dropped = was_root && geteuid() != 0;
	return status == OK && is_lost(b) ? STATUS_UNAVAILABLE : status;
}

static void broker_done(struct broker *b)
{
	channel_done(&b->agent);
	channel_done(&b->mint);
	grant_done(&b->grant);
	tpm_identity_done(&b->identity);
	bytes_done(&b->nonce);
	bytes_done(&b->svid);
	ends_done(&b->ends);
	wishes_done(&b->wishes);
	logs_done(&b->logs);
	journal_done(&b->journal);
	tpm_device_free(b->device);
}

int broker_run(const char *configuration_path)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;
	struct broker b = { .configuration = &c,
			    .logs = { .boot_fd = -1, .ima_fd = -1, .count_fd = -1 } };

	log_open("attestd/broker", LOG_LEVEL_INFO);
	if (signal(SIGALRM, on_silence) == SIG_ERR)
		return 1;
	/* The TSS writes to standard error by itself; we say what it returned. */
	if (setenv("TSS2_LOG", "all+NONE", 0) != 0)
		return 1;
	/* All roles read the same: attestd says once why it is none. */
	if (configuration_load(configuration_path, &c, &error) != OK)
		return ROLE_CONFIGURATION_UNUSABLE;
	channel_init(&b.agent, ROLE_FD_FIRST + BROKER_AGENT, FRAME_LARGE_MAX);
	channel_init(&b.mint, ROLE_FD_FIRST + BROKER_MINT, FRAME_SMALL_MAX);

	enum status status = open_all(&b);

	if (status == OK)
		status = loop(&b);
	if (b.device != NULL && b.tidy_at_ms != 0)
		tidy_late(&b);
	/* A peer that went is the parent's business. */
	if (status != STATUS_IO)
		log_line(LOG_LEVEL_ERROR, "ends: %s", status_text(status));
	broker_done(&b);
	return 1;
}
