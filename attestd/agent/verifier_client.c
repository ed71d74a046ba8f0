/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/verifier_client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/select.h>

#include "daemon/file.h"
#include "https/strict.h"
#include "messages/limits.h"

#define CONNECT_TIMEOUT_S 10L
#define CA_FILE_MAX ((size_t)1 << 20)
/* A first log of megabytes on a slow link is no reason to fail. Half of what the
 * verifier waits for at least, since it takes as long again over the log. */
#define BODY_BYTES_PER_S ((size_t)32 << 10)

#define POLL_MS 1000

struct verifier_client {
	CURLM *multi; /* whose connections both use */
	CURL *curl, *wait;
	bool is_waiting, has_waited; /* has_waited: wait_end is how it ended */
	CURLcode wait_end;
	struct verifier_answer waited;
	struct curl_slist *headers;
	char *url;
	long timeout_s;
	char reason[CURL_ERROR_SIZE];
};

void verifier_answer_done(struct verifier_answer *answer)
{
	bytes_done(&answer->body);
}

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct bytes *body = context;
	size_t len = size * count;

	/* A short count ends the transfer: the cap holds before allocation. */
	if (len > ANSWER_BODY_MAX - body->len)
		return 0;
	return bytes_append(body, (struct span){ .data = (const uint8_t *)data, .len = len }) == OK
		       ? len
		       : 0;
}

/* Read here, since the role may become a user who can't. */
static enum status trust(struct verifier_client *c, const char *ca_file)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(ca_file, CA_FILE_MAX, false, &pem);

	if (status != OK)
		return status;
	return https_trust_only(c->curl, span_of(&pem)) ? OK : STATUS_UNSUPPORTED;
}

static bool configure(struct verifier_client *c)
{
	CURL *curl = c->curl;

	c->headers = curl_slist_append(NULL, "Content-Type: application/json");
	if (c->headers == NULL)
		return false;

	/* No waiting for "100 Continue": the nonce's time runs until our headers
	 * are there, and the verifier says no as well afterwards. */
	struct curl_slist *more = curl_slist_append(c->headers, "Expect:");

	if (more == NULL)
		return false;
	return https_strict(curl, CURL_SSLVERSION_TLSv1_3) &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->reason) == CURLE_OK;
}

/* Trusts what the other one trusts, so that they share a connection. */
static bool make_wait(struct verifier_client *c)
{
	c->wait = curl_easy_duphandle(c->curl);
	return c->wait != NULL && curl_easy_setopt(c->wait, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
	       curl_easy_setopt(c->wait, CURLOPT_ERRORBUFFER, NULL) == CURLE_OK &&
	       curl_easy_setopt(c->wait, CURLOPT_WRITEDATA, &c->waited.body) == CURLE_OK;
}

enum status verifier_client_new(const struct verifier_settings *settings,
				struct verifier_client **out)
{
	AUTO(verifier_client) c = calloc(1, sizeof(*c));

	if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return STATUS_NO_MEMORY;
	c->url = strdup(settings->url);
	c->curl = curl_easy_init();
	c->multi = curl_multi_init();
	if (c->url == NULL || c->curl == NULL || c->multi == NULL)
		return STATUS_NO_MEMORY;
	/* "https://host/" and "https://host" are one. */
	for (size_t len = strlen(c->url); len > 0 && c->url[len - 1] == '/'; len--)
		c->url[len - 1] = '\0';
	c->timeout_s = settings->timeout_s;
	if (!configure(c))
		return STATUS_UNSUPPORTED;

	enum status status = trust(c, settings->ca_file);

	if (status == OK && !make_wait(c))
		status = STATUS_NO_MEMORY;
	if (status == OK) {
		*out = c;
		c = NULL;
	}
	return status;
}

static void end_wait(struct verifier_client *c)
{
	if (c->is_waiting)
		(void)curl_multi_remove_handle(c->multi, c->wait);
	c->is_waiting = c->has_waited = false;
}

void verifier_client_free(struct verifier_client *client)
{
	if (client == NULL)
		return;
	end_wait(client);
	verifier_answer_done(&client->waited);
	curl_easy_cleanup(client->wait);
	curl_easy_cleanup(client->curl);
	(void)curl_multi_cleanup(client->multi);
	curl_slist_free_all(client->headers);
	free(client->url);
	free(client);
}

const char *verifier_client_reason(const struct verifier_client *client)
{
	return client->reason;
}

static enum status read_answer(CURL *curl, struct verifier_answer *answer)
{
	curl_off_t retry_after = 0;

	if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->code) != CURLE_OK)
		return STATUS_UNAVAILABLE;
	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK &&
	    retry_after > 0 && retry_after <= INT32_MAX)
		answer->retry_after_s = (uint32_t)retry_after;
	return OK;
}

/* Takes both requests on. True: the one that is no wait has ended. */
static bool move_on(struct verifier_client *c, CURLcode *end)
{
	int running = 0, left = 0;
	CURLMcode failure = curl_multi_perform(c->multi, &running);
	bool has_ended = failure != CURLM_OK;

	*end = failure == CURLM_OUT_OF_MEMORY ? CURLE_OUT_OF_MEMORY : CURLE_FAILED_INIT;
	for (CURLMsg *m; (m = curl_multi_info_read(c->multi, &left)) != NULL;) {
		if (m->msg != CURLMSG_DONE)
			continue;
		if (m->easy_handle == c->wait) {
			c->has_waited = true;
			c->wait_end = m->data.result;
			continue;
		}
		*end = m->data.result;
		has_ended = true;
	}
	return has_ended;
}

static CURLcode transfer(struct verifier_client *c)
{
	CURLcode end = CURLE_FAILED_INIT;

	if (curl_multi_add_handle(c->multi, c->curl) != CURLM_OK)
		return end;
	while (!move_on(c, &end))
		if (curl_multi_poll(c->multi, NULL, 0, POLL_MS, NULL) != CURLM_OK)
			break;
	(void)curl_multi_remove_handle(c->multi, c->curl);
	return end;
}

static enum status perform(struct verifier_client *c, const char *url, struct span body,
			   struct verifier_answer *answer)
{
	CURL *curl = c->curl;
	long timeout_s = c->timeout_s + (long)(body.len / BODY_BYTES_PER_S);

	if (curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body.data) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body) != CURLE_OK)
		return STATUS_UNSUPPORTED;
	c->reason[0] = '\0';

	CURLcode code = transfer(c);

	if (code == CURLE_OK)
		return read_answer(curl, answer);
	if (c->reason[0] == '\0')
		(void)strncpy(c->reason, curl_easy_strerror(code), sizeof(c->reason) - 1);
	return STATUS_UNAVAILABLE;
}

enum status verifier_post(struct verifier_client *client, const char *path, struct span body,
			  struct verifier_answer *answer)
{
	AUTO_DONE(bytes) url = { 0 };
	AUTO_DONE(verifier_answer) got = { 0 };
	enum status status = bytes_printf(&url, "%s%s%c", client->url, path, '\0');

	if (status == OK)
		status = perform(client, (const char *)url.data, body, &got);
	if (status == OK) {
		*answer = got;
		got = (struct verifier_answer){ 0 };
	}
	return status;
}

enum status verifier_wait_begin(struct verifier_client *client, const char *path, uint32_t seconds)
{
	AUTO_DONE(bytes) url = { 0 };
	enum status status = bytes_printf(&url, "%s%s%c", client->url, path, '\0');
	CURLcode unused;

	end_wait(client);
	client->waited.body.len = 0;
	if (status != OK)
		return status;
	if (curl_easy_setopt(client->wait, CURLOPT_URL, (const char *)url.data) != CURLE_OK ||
	    curl_easy_setopt(client->wait, CURLOPT_TIMEOUT, (long)seconds + client->timeout_s) !=
		    CURLE_OK ||
	    curl_multi_add_handle(client->multi, client->wait) != CURLM_OK)
		return STATUS_UNAVAILABLE;
	client->is_waiting = true;
	(void)move_on(client, &unused);
	return OK;
}

bool verifier_wait_is_under_way(const struct verifier_client *client)
{
	return client->is_waiting;
}

size_t verifier_wait_fds(struct verifier_client *client, struct pollfd *fds, size_t max)
{
	fd_set reads, writes, others;
	size_t count = 0;
	int last = -1;

	FD_ZERO(&reads);
	FD_ZERO(&writes);
	FD_ZERO(&others);
	if (!client->is_waiting ||
	    curl_multi_fdset(client->multi, &reads, &writes, &others, &last) != CURLM_OK)
		return 0;
	for (int fd = 0; fd <= last && count < max; fd++) {
		short events = (short)((FD_ISSET(fd, &reads) ? POLLIN : 0) |
				       (FD_ISSET(fd, &writes) ? POLLOUT : 0));

		if (events != 0)
			fds[count++] = (struct pollfd){ .fd = fd, .events = events };
	}
	return count;
}

enum status verifier_wait_take(struct verifier_client *client, struct verifier_answer *answer)
{
	struct verifier_answer got = { 0 };
	CURLcode unused;

	if (!client->is_waiting)
		return STATUS_NOT_FOUND;
	(void)move_on(client, &unused);
	if (!client->has_waited)
		return STATUS_NOT_FOUND;

	enum status status =
		client->wait_end == CURLE_OK ? read_answer(client->wait, &got) : STATUS_UNAVAILABLE;

	end_wait(client);
	if (status != OK)
		return status;
	got.body = client->waited.body;
	client->waited.body = (struct bytes){ 0 };
	*answer = got;
	return OK;
}
