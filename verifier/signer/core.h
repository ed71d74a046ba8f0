/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_SIGNER_CORE_H
#define VERIFIER_SIGNER_CORE_H

#include "messages/journal.h"
#include "messages/report.h"
#include "policies/transparency/merkle.h"
#include "verifier/appraisal/authenticate.h"
#include "verifier/loader_messages.h"
#include "verifier/signer/entry_texts.h"
#include "verifier/signer/inventory.h"
#include "verifier/signer/keys.h"
#include "verifier/signer_messages.h"
#include "verifier/store/store.h"

/*
 * What the signer decides, apart from the process around it: time and
 * randomness come with each turn, the store may be in memory. Private to
 * verifier/signer and its tests.
 */

/* DESIGN.md, A node's life */
#define NONCE_LIFETIME_S 60
#define ENROLMENT_LIFETIME_S 300
#define BODY_LIFETIME_S 900 /* from the headers' arrival to the end of appraisal */
#define ACT_LIFETIME_S 300
#define CLOCK_TOLERANCE_S 60 /* clocks are corrected in small steps */
#define PENDING_RETRY_S 30
#define BUSY_RETRY_S 5
#define AUTHORITY_WARNING_S (30LL * 86400) /* to renew a CA, whose root may lie in a safe */
#define UNSIGNED_WINDOW_S 3600 /* for what an administrator's name alone has put on record */
#define CANARIES_MOST 200 /* statements about canaries in it */
#define DESKS_MAX 32 /* appraisers' channels */

/* verdict_log.c: the tree over the audit log, as far as it was signed. */
struct verdict_log {
	bool is_read, is_behind;
	int64_t looked;
	struct tree_range range;
	uint8_t last[SHA256_SIZE]; /* hash of the newest entry in it */
};

/* How much of a kind there was in the window that began then. */
struct window {
	uint32_t count;
	int64_t since;
};

/* What came by one appraiser's channel. */
struct unsigned_acts {
	struct window narrowed, canaries;
};

struct signer {
	struct store *store;
	const char *store_path; /* for the log's reader */
	struct signer_keys keys;
	struct verdict_log verdict_log;
	struct inventory inventory;
	/* The loaded release, mapped read-only; has_reference false: none. */
	bool has_reference;
	/* One is configured: a restart must not call a fleet untrusted before the
	 * loader is done. */
	bool expects_reference;
	struct reference reference;
	struct node_class fallback_class; /* for nodes that no class can be found for */
	enum role approve_role, release_role;
	uint32_t narrow_most; /* unsigned acts in a window */
	struct unsigned_acts unsigned_acts[DESKS_MAX];
	bool allow_software_tpm;
	const char *issuer, *audience;
	uint32_t jwt_lifetime_s;
	int64_t high_water; /* the latest time the store has seen */
	int64_t loaded; /* when the reference was loaded */
	int64_t release_refused; /* since when; 0: what was offered last is in force */
	/* Why the release in use gives no new right, as it is stored; empty: it does. */
	struct bytes suspension;
	struct entry_texts entry_texts; /* what each class's nodes are told */
	bool has_canary; /* in it: a release that is tried out */
	int64_t in_use_since; /* its generation */
	uint64_t counts[NODE_STATES]; /* of nodes, at the time counted */
	int64_t counted;
	struct node_counting {
		uint64_t sums[NODE_STATES];
		int64_t after; /* of store_node_counts(); 0: none is under way */
		int64_t stepped; /* when it last went on */
	} counting;
	uint64_t enrolments, verdicts, grants, refusals; /* since the start */
};

/* Fills buffer; the tests' own gives what they like. */
typedef enum status (*random_source)(uint8_t *buffer, size_t len);

/* The node's issuance journal, as it stands after this evidence. */
struct collected {
	/* As it was before: of an earlier boot, or of this one. */
	bool had_one, was_old;
	struct journal_point known;
	bool has_one, is_old, has_gap;
	struct journal_point point; /* to which it is on record */
	size_t fresh; /* records of the report, the last ones, that are to be put on record */
};

/* An authentication that waits for its channel's FRAME_COMMIT. */
struct pending {
	bool is_set;
	bool wants_ear;
	bool has_svid; /* the host reports one, and there is a grant to hold it against */
	struct keep keep; /* what the rest borrows from */
	struct node_row row;
	struct session_row session; /* of the boot session that goes on; zeros for a new one */
	struct span nonce;
	struct epoch epoch; /* in which the nonce is good */
	int64_t issued; /* of the nonce */
	struct span evidence, evidence_digest; /* to be stored */
	struct span report; /* the host's, which the quote covers; empty: none */
	bool has_wishes; /* in it: for JWT-SVIDs */
	struct collected journal;
	uint8_t generation[SHA256_SIZE];
	uint8_t entries_held[SHA256_SIZE]; /* digest of the text that the node has; zeros: none */
	char vendor[5]; /* of the TPM: "IBM", empty where unknown */
	struct authentication authentication; /* last: see pending_done() */
};

void pending_done(struct pending *pending);
AUTO_RELEASE(pending, pending_done);

/* One request being answered. */
struct turn {
	struct signer *signer;
	struct pending *pending; /* of the channel that asks */
	size_t desk, desks; /* that channel, and how many there are; 0 of 0: it is alone */
	struct keep *keep; /* owns what the answer borrows from */
	random_source random;
	int64_t now;
	/* What is said beside a refusal. */
	struct span advice;
	uint32_t retry_after_s; /* 0: as for any of its kind */
};

/* Answers one request inside an open step of the store. REFUSAL_NONE means
 * keep what was written; anything else, undo it. */
void signer_answer_request(struct turn *turn, const struct signer_request *request,
			   struct signer_answer *answer);

/* The same for a failing store and the like. */
enum refusal refusal_of(enum status status);
enum refusal refusal_of_standing(enum standing standing);
/* May there be a verdict about a node of this standing now? */
enum refusal signer_may_judge(const struct signer *s, enum standing standing);

/* enrolment.c */
enum refusal enrolment_offer(struct turn *turn, const struct enrol_request *request,
			     struct enrol_answer *answer);
enum refusal enrolment_activate(struct turn *turn, const struct activate_request *request,
				struct activate_answer *answer);
/* ek_nodes.c: whoever vouches for an EK chooses its spelling, and with it the node's id.
 * In another one, a node that was retired would come as a new one: that is
 * REFUSAL_EK_MISMATCH once somebody decided about the other. */
enum refusal ek_nodes_check(struct turn *turn, const struct node_id *node, struct span ek_public);
/* The same for what is proven to be this EK's TPM, before which pending ones make way:
 * a wrong spelling must not keep the true one out. *act_time: of the last act about
 * them, as of a quarantine that was lifted, which goes on guarding against older ones. */
enum refusal ek_nodes_supersede(struct turn *turn, const struct node_id *node,
				struct span ek_public, int64_t *act_time);
/* Is it the id of a spelling of this EK? */
bool ek_nodes_have(struct span ek_public, const struct node_id *node);
/* place.c: gives a pending node the host and class that the inventory lists. */
enum status place_as_listed(struct turn *turn, struct node_row *row);

/* challenge.c */
/* For a host that is about to activate: a nonce that serves only there. */
enum refusal challenge_offer(struct turn *turn, const struct node_id *node, struct challenge *out);
enum refusal challenge_answer(struct turn *turn, const struct challenge_request *request,
			      struct challenge *out);
/* The class of a node's row; fallback_class where the release has none. */
bool challenge_class(const struct signer *s, struct span class_name, struct node_class *out);
/* 32 bytes; zeros where no release is loaded. */
struct span signer_generation(const struct signer *s);

/* attestation.c */
enum refusal attestation_begin(struct turn *turn, const struct authenticate_request *request,
			       struct authenticate_answer *answer);
enum refusal attestation_commit(struct turn *turn, const struct commit_request *request,
				struct result *result);

/* named_release.c */
/* The appraiser says which of the loaded releases was booted and which emergency's files
 * run; it makes none up and gives none another version, a node that it is not for, or a
 * time that is not its. claims are those of the verdict, the signer's own among them.
 * REFUSAL_GENERATION_CHANGED: it is to be appraised again. */
enum refusal named_releases_check(const struct turn *turn, const struct commit_request *request,
				  const struct claims *claims);

/* conclusion.c: the one place where a verdict is made, stored and signed. */
struct conclusion {
	struct claims claims;
	const struct findings *findings;
	bool is_retry;
	bool is_unproven; /* no quote has reached the state: nothing is granted on it */
	struct digest manifest; /* DIGEST_NONE: no release matched */
	uint64_t release_version;
	struct digest emergency; /* whose files are there or whose boot it is; DIGEST_NONE: none */
	uint64_t entries;
	struct span state;
	uint64_t first_entry; /* of ima_log */
	struct span ima_log, boot_log;
	struct digest svid; /* that this node minted and showed; DIGEST_NONE: none */
};

/* *result comes as signer_answer_init() leaves it; what is in it counts with REFUSAL_NONE. */
enum refusal conclude(struct turn *turn, const struct pending *pending,
		      const struct conclusion *conclusion, struct result *result);

/* trial.c: releases that are tried out, and until when a release counts. */
struct trial {
	bool is_canary;
	struct digest emergency; /* a place under this one is taken; DIGEST_NONE: none */
	bool has_place; /* it had one before */
	int64_t end; /* no right under this release lasts longer */
	enum reason withheld; /* REASON_NONE: a grant may be made */
};

enum status trial_begin(struct turn *turn, const struct node_id *node,
			const struct conclusion *conclusion, struct trial *out);
enum status trial_note(struct turn *turn, const struct node_row *row,
		       const struct conclusion *conclusion, const struct trial *trial);
/* Does this node try a release out, with a right under it? */
bool trial_is_under_way(const struct turn *turn, const struct node_row *row);

/* reported_svid.c: what a node that tries a release out has minted. */
/* Fills the path from the node's last grant to the root, where there is one. */
void reported_svid_path(struct turn *turn, struct pending *p, struct certificate_list *out);
/* STATUS_MISMATCH: it was not signed by the minting key that this evidence names. */
enum status reported_svid_verify(const struct turn *turn, const struct pending *p, struct span tbs,
				 struct span signature, struct digest *out);

/* reported.c: what the host says beside its quote. */
/* REASON_NONE where the report, which may be empty, says what a host may say. */
enum reason reported_check(struct pending *p);

/* journal.c: every issuance is on record (docs/protocol.md). */
/* Where it was, before anything of this evidence is known. */
void journal_recall(struct pending *p);
/* Where it is by the report; NULL: there is none. has_gap where it does not go on. */
void journal_follow(struct pending *p, const struct report *report);
/* With a verdict: what is new, and a gap, on the audit log. */
enum status journal_note(struct turn *turn, const struct pending *p);
/* What the session remembers of it; before a verdict nothing has changed. */
void journal_store(const struct pending *p, bool is_decided, struct session_row *row);

/* canary.c: what the result key says of them. */
enum refusal canary_state(struct turn *turn, const struct admin_request *request,
			  struct canary_item *out);

/* session.c: what is stored of a boot session. Compressed, and with what each
 * frame costs; beyond it the IMA log is not kept. */
#define SESSION_LOG_MAX ((uint64_t)SIGNER_LOG_MAX)

/* What the next appraisal goes on from. */
struct span session_state(const struct session_row *session);
uint64_t session_entries(const struct session_row *session);
bool session_log_is_kept(const struct session_row *session);
/* Fills *row's logs and, of its session, states, entries and logs. is_settled:
 * the state takes the old one's place, else it waits beside it. */
void session_go_on(const struct session_row *old, const struct conclusion *c, bool is_settled,
		   struct attestation *row);

/* statement.c: what the result key signs */
struct grant {
	struct bytes certificate; /* DER; empty: no grant */
	struct digest digest; /* of it, SHA-256 */
	int64_t expires; /* 0 without one */
	const struct authority *authority;
	struct node_class node_class;
	const struct class_entries *entries; /* that it may mint for */
};

struct conclusion_text {
	const struct pending *pending;
	const struct conclusion *conclusion;
	enum node_state state;
	const struct grant *grant;
	/* Asked for; not where a right is withheld: it would say more than we may. */
	bool has_ear;
	const struct reference *reference;
	const struct authority *bundle_of; /* of the class's trust domain; NULL: none */
	const struct reason_list *reasons;
};

/* Fills verdict, signature, chain, bundle, EAR of *result. */
enum status statement_make(struct turn *turn, const struct conclusion_text *text,
			   struct result *result);
/* Signs the bundle of each authority with the sequence that the store has for
 * this content, in a group of its own. Those of before stay where that fails. */
enum status statement_sign_bundles(struct signer *s);

/* ear.c: MINTING.md, Bridges. Nothing where no minting key is named. */
enum status ear_make(struct turn *turn, const struct conclusion_text *text, struct bytes *jws);

/* jwt_svid.c: what the report of a node wishes for that has just been granted the right:
 * on record, and sealed to who asked; or refused by a code. */
enum status jwt_svids_mint(struct turn *turn, const struct pending *pending,
			   const struct grant *grant, struct result *result);

/* administration.c, act.c */
enum refusal administration_answer(struct turn *turn, const struct admin_request *request,
				   struct admin_answer *answer);
struct act; /* messages/statement.h */
/* *out is what was signed, for who wants to know what it was about. */
enum refusal act_carry_out(struct turn *turn, const struct admin_request *request, struct act *out);
/* narrow.c: of the channel that asks. */
struct unsigned_acts *unsigned_acts_of(const struct turn *turn);
/* Is there room for one more, of its share of as many as most? Where there is none, the turn
 * knows until when. */
bool window_has_room(struct turn *turn, struct window *window, uint32_t most);
/* An unsigned act more is no flood of them; narrow_count() counts one. */
bool narrow_is_allowed(struct turn *turn, const struct admin_request *request,
		       enum refusal *refusal);
void narrow_count(struct turn *turn);
/* Acts of then and before lift nothing that is narrowed now. */
int64_t narrow_act_time(const struct turn *turn);

/* entry_act.c: the acts about registration entries, whose signature and time were
 * checked; entry_administration.c: what people see of them, and narrow. */
enum refusal entry_act_check(struct turn *turn, const struct act *act);
enum refusal entry_act_carry_out(struct turn *turn, const struct act *act);
enum refusal entry_show(struct turn *turn, struct span name, struct admin_answer *answer);
enum refusal entry_list(struct turn *turn, const struct admin_request *request,
			struct admin_answer *answer);
enum refusal entry_narrow(struct turn *turn, const struct admin_request *request);
enum health signer_health(const struct signer *s, int64_t now);
/* What is known while the store fails: counters do not begin again for that. */
void health_without_store(const struct signer *s, struct health_answer *answer);

/* What no evidence of this node could make good; REASON_NONE: nothing. */
enum reason reason_to_refuse(const struct turn *turn, const struct node_row *row);
/* What holds for nodes while no release names their class. */
struct node_class signer_fallback_class(void);

/* records.c: the audit log and small marks */
enum status audit_note(struct turn *turn, const char *kind, struct span actor,
		       const struct node_id *node, const char *format, ...)
	__attribute__((format(printf, 5, 6)));
/* A signed text that names the newest entry and its hash. */
enum status audit_checkpoint(struct turn *turn, struct audit_list *list);
/* Between groups: signs the tree over what was added since, every few seconds.
 * STATUS_MISMATCH: the entries are not what they were. */
enum status verdict_log_extend(struct signer *s, int64_t now);
/* The checkpoint that was signed last; empty before the first. */
enum status verdict_log_checkpoint(struct turn *turn, struct span *out);
/* clock.c: moves the store's high-water time on. */
enum status high_water_raise(struct signer *s, int64_t now);
enum status high_water_read(struct signer *s);

/* epoch.c: what nonces and enrolments are made in, and count in. */
enum status epoch_read(const struct signer *s, struct epoch *out);
/* Another one than any before. */
enum status epoch_begin(struct turn *turn);
/* Each store has its own from its first start on, whatever key it shares with others. */
enum status epoch_first(const struct signer *s, random_source random);

/* releases.c: what loaders bring. Accepting writes to the store alone, inside an
 * open group: use it once that is committed. Marks never go back: STATUS_DENIED.
 * The image must stay mapped as long as *out is used. */
enum status releases_accept(struct turn *turn, struct span image, const struct release_marks *marks,
			    struct reference *out);
void releases_use(struct signer *s, const struct reference *reference, int64_t now);
/* On record once, however often it is tried again. suspends: it is about the release that
 * came in use just now, which gives no new right. */
enum status releases_refused(struct turn *turn, const struct load_refusal *refusal, bool suspends);
/* What was refused before is no longer so; but for what suspends the release in use. */
enum status releases_current(struct signer *s);
enum status releases_marks(struct signer *s, struct release_marks *out);
enum status releases_marks_set(struct signer *s, const struct release_marks *marks);
enum status releases_describe(struct turn *turn, struct releases_item *item);
/* Maps what a loader handed over, if it is sealed for good. The caller unmaps. */
enum status releases_map(int fd, struct span *image);

#endif
