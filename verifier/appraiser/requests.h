/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_REQUESTS_H
#define VERIFIER_APPRAISER_REQUESTS_H

#include "daemon/channel.h"
#include "messages/node.h"
#include "policies/reference/reference.h"
#include "verifier/appraiser/ek_pools.h"
#include "verifier/signer_messages.h"

/* A request of the front. Spans borrow from its frame. */
struct request {
	enum route route;
	enum role role;
	struct span administrator;
	bool has_node;
	struct node_id node;
	struct span entry; /* name of one; empty where the path names none */
	struct span query;
	int64_t received;
	struct span body;
};

/* What goes back. */
struct answer {
	unsigned status;
	unsigned retry_after_s;
	const char *content_type;
	char class_name[CLASS_NAME_MAX + 1]; /* of FRAME_RESPONSE; empty: none */
	struct bytes body;
};

/* The reference values in use, mapped; image.len 0: none. */
struct mapped_reference {
	struct span image;
	struct reference reference;
};

struct appraiser;
/* Leaves a whole answer. */
typedef void (*request_handler)(struct appraiser *a, const struct request *request,
				struct answer *answer);

struct job;

struct appraiser {
	const struct appraiser_settings *settings;
	struct ek_pools pools;
	struct channel parent, front, signer;
	request_handler handle;
	struct job *jobs; /* CONVERSATIONS_MAX: requests under way */
	struct job *job; /* the one that runs; NULL between them */
	uint64_t arrivals;
	struct mapped_reference reference;
	int pending_reference; /* arrived and not mapped yet; -1 */
	struct frame incoming; /* the answer that the running job waited for */
	/* Of the running job's last call; spans borrow from its frame, which is gone
	 * with the next call. */
	struct signer_answer reply;
	/* For a frame's body, on its way into a channel; kept while it is small. */
	struct bytes scratch;
	bool is_broken; /* the signer or the front is gone or misbehaves */
};

/* Decoding FRAME_REQUEST and encoding FRAME_RESPONSE, where STATUS_TOO_LARGE leaves out as
 * it was. */
enum status request_decode(struct span body, struct request *out);
enum status answer_encode(const struct answer *answer, struct bytes *out);

/* What the signer refused, with its advice. */
void answer_refusal(struct answer *answer, const struct signer_answer *refused);
/* An error's body; advice may be NULL. */
void answer_error(struct answer *answer, unsigned status, const char *code, const char *advice);
/* 400 with the code of what is wrong with a body. */
void answer_malformed(struct answer *answer, enum status status, const char *fault);
/* Whose nodes it is about. */
void answer_about_class(struct answer *answer, struct span class_name);
/* JSON that was written into answer->body, or 500. */
void answer_json(struct answer *answer, enum status written);

/*
 * Asks the signer and waits, while other requests go on. True: a->reply is its
 * answer. False: *answer is what to tell the client (a refusal by its code, or 503).
 */
bool ask_signer(struct appraiser *a, const struct signer_request *request, struct answer *answer);
/* mapped_reference.c: takes over reference values that arrived in the meantime. */
void adopt_reference(struct appraiser *a);
void mapped_reference_done(struct mapped_reference *mapped);

/* routes.c: by its route. */
void handle_request(struct appraiser *a, const struct request *request, struct answer *answer);
/* One a route; each leaves a whole answer. */
void handle_enrol(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_activate(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_challenge(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_evidence(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_bundle(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_health(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_metrics(struct appraiser *a, const struct request *request, struct answer *answer);
void handle_admin(struct appraiser *a, const struct request *request, struct answer *answer);

/* The file that attestctl appraise reads; ask is filled in but for its verb. */
void handle_evidence_file(struct appraiser *a, struct signer_request *ask, struct answer *answer);

/* A struct bytes that borrows, for writers of messages: never freed. */
static inline struct bytes lent(struct span s)
{
	return (struct bytes){ .data = (uint8_t *)(uintptr_t)s.data, .len = s.len };
}

#endif
