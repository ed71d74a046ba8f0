/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/verifier_client.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/file.h"
#include "messages/limits.h"

#define CONNECT_TIMEOUT_S 10L
#define CA_FILE_MAX ((size_t)1 << 20)
/* A first log of megabytes on a slow link is no reason to fail. Half of what the
 * verifier waits for at least, since it takes as long again over the log. */
#define BODY_BYTES_PER_S ((size_t)32 << 10)

struct verifier_client {
	CURL *curl;
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

/* Read here, since the role may become a user who can't; copied by curl. */
static enum status trust(struct verifier_client *c, const char *ca_file)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(ca_file, CA_FILE_MAX, false, &pem);
	struct curl_blob blob = { .data = pem.data, .len = pem.len, .flags = CURL_BLOB_COPY };

	if (status != OK)
		return status;
	/* And nothing else: both have defaults. */
	return curl_easy_setopt(c->curl, CURLOPT_CAINFO_BLOB, &blob) == CURLE_OK &&
			       curl_easy_setopt(c->curl, CURLOPT_CAINFO, NULL) == CURLE_OK &&
			       curl_easy_setopt(c->curl, CURLOPT_CAPATH, NULL) == CURLE_OK
		       ? OK
		       : STATUS_UNSUPPORTED;
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
	return curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) ==
		       CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->reason) == CURLE_OK;
}

enum status verifier_client_new(const struct verifier_settings *settings,
				struct verifier_client **out)
{
	AUTO(verifier_client) c = calloc(1, sizeof(*c));

	if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return STATUS_NO_MEMORY;
	c->url = strdup(settings->url);
	c->curl = curl_easy_init();
	if (c->url == NULL || c->curl == NULL)
		return STATUS_NO_MEMORY;
	/* "https://host/" and "https://host" are one. */
	for (size_t len = strlen(c->url); len > 0 && c->url[len - 1] == '/'; len--)
		c->url[len - 1] = '\0';
	c->timeout_s = settings->timeout_s;
	if (!configure(c))
		return STATUS_UNSUPPORTED;

	enum status status = trust(c, settings->ca_file);

	if (status == OK) {
		*out = c;
		c = NULL;
	}
	return status;
}

void verifier_client_free(struct verifier_client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->url);
	free(client);
}

const char *verifier_client_reason(const struct verifier_client *client)
{
	return client->reason;
}

static enum status perform(struct verifier_client *c, const char *url, struct span body,
			   struct verifier_answer *answer)
{
	CURL *curl = c->curl;
	curl_off_t retry_after = 0;
	long timeout_s = c->timeout_s + (long)(body.len / BODY_BYTES_PER_S);

	if (curl_easy_setopt(curl, CURLOPT_TIMEOUT, timeout_s) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.len) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)body.data) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer->body) != CURLE_OK)
		return STATUS_UNSUPPORTED;
	c->reason[0] = '\0';

	CURLcode code = curl_easy_perform(curl);

	if (code != CURLE_OK) {
		if (c->reason[0] == '\0')
			(void)strncpy(c->reason, curl_easy_strerror(code), sizeof(c->reason) - 1);
		return STATUS_UNAVAILABLE;
	}
	if (curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->code) != CURLE_OK)
		return STATUS_UNAVAILABLE;
	if (curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after) == CURLE_OK &&
	    retry_after > 0 && retry_after <= INT32_MAX)
		answer->retry_after_s = (uint32_t)retry_after;
	return OK;
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
