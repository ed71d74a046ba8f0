/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/mint.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "attestd/configuration.h"
#include "attestd/frames.h"
#include "attestd/grant.h"
#include "attestd/mint/svid.h"
#include "attestd/mint/svid_directory.h"
#include "attestd/role_program.h"
#include "base/reader.h"
#include "base/writer.h"
#include "daemon/log.h"
#include "daemon/role.h"
#include "messages/limits.h"

#define SIGN_TIMEOUT_MS 30000
/* After a signature or a file failed. */
#define RETRY_S 5
#define IDLE_S 60

struct minted {
	int64_t not_after; /* of the SVID on disk; 0: there is none */
	bool is_left; /* it could not be removed */
	bool is_told; /* why there is none */
	int64_t next; /* when to try again, unix seconds */
};

struct mint {
	const struct configuration *configuration;
	struct channel agent, broker;
	int signals;
	int clock_set; /* readable once the host's clock was set */
	uint64_t next_id;
	struct grant grant; /* certificate NULL: no right */
	/* The same end on a clock that nobody sets. */
	int64_t ends_s;
	struct bundle bundle;
	uint64_t bundle_sequence; /* of the newest bundle that was seen */
	bool has_no_broker;
	bool is_ending;
	struct event_base *base;
	struct event *tick; /* when something is due by the clock */
	struct minted minted[IDENTITIES_MAX];
};

static bool has_right(const struct mint *m)
{
	return m->grant.certificate != NULL;
}

static int64_t boot_time_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return now.tv_sec;
}

static void remove_one(struct mint *m, size_t i)
{
	const struct identity_settings *identity = &m->configuration->identities[i];
	struct minted *minted = &m->minted[i];
	bool was_told = minted->is_left;

	*minted = (struct minted){ 0 };
	if (svid_directory_remove(identity) == OK)
		return;
	if (!was_told)
		log_line(LOG_LEVEL_ERROR, "[identity %s] %s could not be emptied: %s",
			 identity->name, identity->directory, strerror(errno));
	minted->is_left = true;
	minted->next = (int64_t)time(NULL) + RETRY_S;
}

static void remove_all(struct mint *m)
{
	for (size_t i = 0; i < m->configuration->identity_count; i++)
		remove_one(m, i);
}

static void end_right(struct mint *m, const char *why)
{
	if (has_right(m))
		log_line(LOG_LEVEL_NOTICE, "%s: SVIDs removed", why);
	grant_done(&m->grant);
	bundle_done(&m->bundle);
	remove_all(m);
}

/* How long the broker may take: what is on disk goes when the right ends, also
 * while somebody keeps us waiting. */
static int sign_timeout_ms(const struct mint *m)
{
	int64_t left = (m->ends_s - boot_time_s()) * 1000;

	return left < SIGN_TIMEOUT_MS ? (left > 0 ? (int)left : 0) : SIGN_TIMEOUT_MS;
}

/* The minting key's signature. A broker that is gone, late or talks nonsense is
 * none any more: what it says later would answer another question. */
static enum status ask_signature(struct mint *m, struct span tbs, struct bytes *signature)
{
	AUTO_DONE(bytes) body = { 0 };
	struct writer w = writer_to(&body, FRAME_SMALL_MAX);
	struct frame frame;

	writer_sized32(&w, tbs);

	enum status status = writer_end(&w);

	if (status == OK)
		status = channel_call(&m->broker, FRAME_MINT_SIGN, ++m->next_id, span_of(&body),
				      sign_timeout_ms(m), &frame);
	m->has_no_broker = status != OK;
	if (status != OK)
		return STATUS_UNAVAILABLE;
	if (frame.fd >= 0)
		(void)close(frame.fd);
	if (frame.type == FRAME_REFUSED && frame.fd < 0)
		return STATUS_UNAVAILABLE;

	struct reader r = reader_over(frame.body);
	struct span der = reader_sized(&r, SIGNATURE_MAX);

	m->has_no_broker = frame.type != FRAME_ANSWER || frame.fd >= 0 || reader_end(&r) != OK;
	return m->has_no_broker ? STATUS_UNAVAILABLE : bytes_copy(der, signature);
}

static enum status mint_one(struct mint *m, const struct identity_settings *identity, int64_t now,
			    int64_t *not_after)
{
	AUTO_DONE(svid) svid = { 0 };
	AUTO_DONE(bytes) signature = { 0 };
	AUTO_DONE(bytes) chain = { 0 };
	AUTO_DONE(bytes) key = { 0 };
	AUTO_DONE(bytes) bundle = { 0 };
	enum status status = svid_make(&m->grant, identity->spiffe_id, now, &svid);

	if (status == OK)
		status = ask_signature(m, span_of(&svid.tbs), &signature);
	if (status == OK)
		status = svid_finish(&svid, &m->grant, span_of(&signature), &chain, &key);
	if (status == OK)
		status = bundle_pem(&m->bundle, &bundle);
	if (status == OK) {
		struct svid_files files = { span_of(&chain), span_of(&key), span_of(&bundle) };

		status = svid_directory_write(identity, &files);
		*not_after = svid.not_after;
	}
	bytes_wipe(&key);
	return status;
}

/* STATUS_IO, STATUS_DENIED: of the directory; errno is of the former. */
static void log_failure(const struct identity_settings *identity, enum status why)
{
	const char *directory = identity->directory;
	const char *cause = why == STATUS_IO ? strerror(errno) : status_text(why);

	if (why == STATUS_DENIED)
		cause = "others may write it";
	if (why == STATUS_UNAVAILABLE) {
		directory = "broker";
		cause = "did not sign";
	}
	log_line(LOG_LEVEL_WARNING, "[identity %s] not minted: %s: %s", identity->name, directory,
		 cause);
}

/* Not minted: what is there stays while it is valid. */
static void keep_old(struct mint *m, size_t i, int64_t now, enum status why)
{
	struct minted *minted = &m->minted[i];

	if (!minted->is_told)
		log_failure(&m->configuration->identities[i], why);
	if (minted->not_after != 0 && minted->not_after <= now)
		remove_one(m, i);
	minted->is_told = true;
	minted->next = now + RETRY_S;
}

static void keep_one(struct mint *m, size_t i, int64_t now)
{
	const struct identity_settings *identity = &m->configuration->identities[i];
	struct minted *minted = &m->minted[i];
	int64_t not_after = now;

	if (!grant_entitles(&m->grant, span_text(identity->spiffe_id))) {
		if (!minted->is_told)
			log_line(LOG_LEVEL_WARNING,
				 "[identity %s] %s is not among the entitlements", identity->name,
				 identity->spiffe_id);
		remove_one(m, i);
		minted->is_told = true;
		if (!minted->is_left)
			minted->next = INT64_MAX;
		return;
	}

	enum status status = mint_one(m, identity, now, &not_after);

	if (status != OK) {
		keep_old(m, i, now, status);
		return;
	}
	log_line(LOG_LEVEL_INFO, "[identity %s] %s until %lld", identity->name, identity->spiffe_id,
		 (long long)not_after);
	*minted =
		(struct minted){ .not_after = not_after, .next = now + (not_after - now + 1) / 2 };
}

/* By either clock: one that was set back makes no right longer. */
static bool is_over(const struct mint *m, int64_t now)
{
	return m->grant.verdict.expires <= now || m->ends_s <= boot_time_s();
}

static void keep_all(struct mint *m)
{
	for (size_t i = 0; i < m->configuration->identity_count && !m->has_no_broker; i++) {
		int64_t now = (int64_t)time(NULL);

		if (has_right(m) && is_over(m, now))
			end_right(m, "the right ran out");
		if (m->minted[i].next > now)
			continue;
		if (has_right(m))
			keep_one(m, i, now);
		else if (m->minted[i].is_left)
			remove_one(m, i);
	}
}

static int64_t wait_s(const struct mint *m)
{
	int64_t now = (int64_t)time(NULL);
	int64_t next = now + IDLE_S;

	if (has_right(m)) {
		int64_t left = m->ends_s - boot_time_s();

		next = now + left < next ? now + left : next;
		next = m->grant.verdict.expires < next ? m->grant.verdict.expires : next;
	}
	for (size_t i = 0; i < m->configuration->identity_count; i++) {
		if ((has_right(m) || m->minted[i].is_left) && m->minted[i].next < next)
			next = m->minted[i].next;
	}
	return next <= now ? 0 : next - now;
}

/* Verified here again: the agent stands in the network. */
static enum status take_right(struct mint *m, struct reader *r)
{
	AUTO_DONE(verdict) verdict = { 0 };
	AUTO_DONE(grant) grant = { 0 };
	AUTO_DONE(bundle) bundle = { 0 };
	EVP_PKEY *key = m->configuration->result_key;
	struct span text = reader_sized32(r, STATEMENT_MAX);
	struct span signature = reader_sized(r, SIGNATURE_MAX);
	struct span certificate = reader_sized32(r, CERTIFICATE_DER_MAX);
	struct span roots = reader_sized32(r, STATEMENT_MAX);
	struct span roots_signature = reader_sized(r, SIGNATURE_MAX);
	enum status status = reader_end(r);

	if (status == OK)
		status = verdict_open(text, signature, key, &verdict);
	if (status == OK)
		status = grant_take(&verdict, certificate, (int64_t)time(NULL), &grant);
	if (status == OK)
		status = bundle_open(roots, roots_signature, key, &bundle);
	if (status == OK &&
	    !span_equal(span_of(&bundle.trust_domain), span_of(&grant.verdict.trust_domain)))
		status = STATUS_MISMATCH;
	/* An older one may hold a root that was taken out since. */
	if (status == OK && bundle.sequence < m->bundle_sequence)
		status = STATUS_DENIED;
	if (status != OK)
		return status;
	m->bundle_sequence = bundle.sequence;
	m->ends_s = boot_time_s() + grant_left_s(&grant, (int64_t)time(NULL));
	grant_done(&m->grant);
	bundle_done(&m->bundle);
	m->grant = grant;
	m->bundle = bundle;
	grant = (struct grant){ 0 };
	bundle = (struct bundle){ 0 };
	/* The leaf must lead to the new grant, and the bundle may have changed. */
	for (size_t i = 0; i < m->configuration->identity_count; i++)
		m->minted[i].next = 0;
	return OK;
}

static enum status serve(struct mint *m, const struct frame *frame)
{
	struct reader r = reader_over(frame->body);
	enum status status;

	if (frame->fd >= 0)
		(void)close(frame->fd);
	switch (frame->type) {
	case FRAME_RIGHT:
		status = take_right(m, &r);
		/* Not a reason to go on with what it was to replace. */
		if (status != OK) {
			log_line(LOG_LEVEL_ERROR, "a right was refused: %s", status_text(status));
			end_right(m, "right refused");
		}
		return OK;
	case FRAME_RIGHT_ENDED:
		end_right(m, "the right ended");
		return OK;
	default:
		return STATUS_MALFORMED;
	}
}

static void on_agent(evutil_socket_t fd, short what, void *arg)
{
	struct mint *m = arg;
	enum status status = channel_fill(&m->agent);
	struct frame frame;

	(void)fd;
	(void)what;
	if (status == OK)
		status = channel_take(&m->agent, &frame);
	if (status == STATUS_NOT_FOUND)
		return;
	if (status == OK)
		status = serve(m, &frame);
	m->is_ending = m->is_ending || status != OK;
}

/* A wait is counted by a clock that nobody sets. By the host's own, an SVID may be
 * over all at once: it was set, or the host was asleep. */
static int open_clock_set(void)
{
	const struct itimerspec never = { .it_value.tv_sec = (time_t)1 << 33 };
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd >= 0 &&
	    timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

/* ECANCELED is what it has to say; the times are looked at anyway. */
static void on_clock_set(evutil_socket_t fd, short what, void *arg)
{
	uint64_t times;

	(void)what;
	(void)arg;
	if (read(fd, &times, sizeof(times)) < 0)
		return;
}

/* A signal, or the broker's end of its channel closed. */
static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct mint *m = arg;

	(void)fd;
	(void)what;
	m->is_ending = true;
}

/* What is due is looked at whenever the loop turns. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Until agent or broker goes or we are told to end: then nobody would take the
 * files away when their time is over. */
static void turn(struct mint *m)
{
	while (!m->is_ending) {
		keep_all(m);
		if (m->has_no_broker) {
			log_line(LOG_LEVEL_ERROR, "the broker is gone");
			return;
		}

		struct timeval wait = { .tv_sec = (time_t)wait_s(m) };

		if (event_add(m->tick, &wait) != 0 || event_base_loop(m->base, EVLOOP_ONCE) != 0)
			return;
	}
}

/* Level-triggered: what one turn leaves, the next one finds. */
static bool loop(struct mint *m)
{
	struct event *const events[] = {
		event_new(m->base, m->agent.fd, EV_READ | EV_PERSIST, on_agent, m),
		event_new(m->base, m->broker.fd, EV_CLOSED | EV_PERSIST, on_end, m),
		event_new(m->base, m->signals, EV_READ | EV_PERSIST, on_end, m),
		event_new(m->base, m->clock_set, EV_READ | EV_PERSIST, on_clock_set, m),
		event_new(m->base, -1, 0, on_tick, m),
	};
	const size_t count = sizeof(events) / sizeof(*events);
	bool is_good = true;

	m->tick = events[count - 1];
	for (size_t i = 0; i < count; i++)
		is_good = is_good && events[i] != NULL &&
			  (events[i] == m->tick || event_add(events[i], NULL) == 0);
	if (is_good)
		turn(m);
	for (size_t i = 0; i < count; i++) {
		if (events[i] != NULL)
			event_free(events[i]);
	}
	return is_good;
}

static int open_signals(void)
{
	sigset_t ending;

	/* A terminal sends its signals to each process of the group. When the
	 * parent dies, the files must go before we do. */
	if (sigemptyset(&ending) != 0 || sigaddset(&ending, SIGTERM) != 0 ||
	    sigaddset(&ending, SIGINT) != 0 || sigaddset(&ending, SIGHUP) != 0 ||
	    sigprocmask(SIG_BLOCK, &ending, NULL) != 0 || prctl(PR_SET_PDEATHSIG, SIGTERM) != 0)
		return -1;
	return signalfd(-1, &ending, SFD_CLOEXEC);
}

int mint_run(const char *configuration_path)
{
	AUTO_DONE(configuration) c = { 0 };
	struct settings_error error;
	struct mint m = { .configuration = &c };

	log_open("attestd/mint", LOG_LEVEL_INFO);
	/* All roles read the same: attestd says once why it is none. */
	if (configuration_load(configuration_path, &c, &error) != OK)
		return ROLE_CONFIGURATION_UNUSABLE;
	m.signals = open_signals();
	m.clock_set = open_clock_set();
	m.base = event_base_new();
	if (m.signals < 0 || m.clock_set < 0 || m.base == NULL)
		return 1;
	channel_init(&m.agent, ROLE_FD_FIRST + MINT_AGENT, FRAME_SMALL_MAX * 2);
	channel_init(&m.broker, ROLE_FD_FIRST + MINT_BROKER, FRAME_SMALL_MAX);
	/* What an earlier run left belongs to a key that is gone. */
	remove_all(&m);

	bool is_good = loop(&m);

	remove_all(&m);
	grant_done(&m.grant);
	bundle_done(&m.bundle);
	channel_done(&m.agent);
	channel_done(&m.broker);
	event_base_free(m.base);
	(void)close(m.signals);
	(void)close(m.clock_set);
	return is_good ? 0 : 1;
}
