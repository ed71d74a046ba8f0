/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/fetcher/https_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/file.h"
#include "https/strict.h"

#define CA_FILE_MAX ((size_t)1 << 20)
#define CONNECT_TIMEOUT_S 15L
/* A file may take so long, and a second more for each so many bytes that it may have. */
#define FILE_TIMEOUT_S 60
#define FILE_BYTES_PER_S ((uint64_t)32 << 10)
#define FILE_TIMEOUT_MOST_S 1800
/* So slow for so long is not coming. */
#define SLOW_BYTES_PER_S 512L
#define SLOW_S 30L
/* What comes with an error is not read. */
#define ERROR_BODY_MAX ((uint64_t)64 << 10)
/* HTTP knows whole seconds: what was written just now may be written again in the
 * same one, and is asked for without a condition. */
#define SETTLED_S 60

struct https_client {
	CURL *curl;
	struct curl_slist *headers;
	char *url;
	char reason[CURL_ERROR_SIZE];
};

/* One file on its way. */
struct transfer {
	CURL *curl;
	int fd;
	uint64_t most, len; /* may be written, was */
	uint64_t received; /* with what is not read */
	bool is_over, is_not_written;
	bool is_cut; /* an error's page */
};

static size_t take_body(char *data, size_t size, size_t count, void *context)
{
	struct transfer *t = context;
	size_t len = size * count;
	long code = 0;

	if (curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &code) != CURLE_OK)
		return 0;
	t->received += len;
	/* A short count ends the transfer. */
	if (code != 200) {
		t->is_cut = t->received > ERROR_BODY_MAX;
		return t->is_cut ? 0 : len;
	}
	t->is_over = len > t->most - t->len;
	if (t->is_over)
		return 0;
	t->is_not_written = !file_write_fd(t->fd, (struct span){ (const uint8_t *)data, len });
	t->len += t->is_not_written ? 0 : len;
	return t->is_not_written ? 0 : len;
}

/* Read here, since the role may not open it any more. */
static enum status trust(struct https_client *c, const char *ca)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = file_read_guarded(ca, CA_FILE_MAX, false, &pem);

	if (status != OK)
		return status;
	return https_trust_only(c->curl, span_of(&pem)) ? OK : STATUS_UNSUPPORTED;
}

static bool configure(struct https_client *c)
{
	CURL *curl = c->curl;

	/* What stands in a cache on the way is asked for again. */
	c->headers = curl_slist_append(NULL, "Cache-Control: no-cache");
	return c->headers != NULL && https_strict(curl, CURL_SSLVERSION_TLSv1_2) &&
	       curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_TIMEOUT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SLOW_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_FILETIME, 1L) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->reason) == CURLE_OK;
}

enum status https_client_new(const struct https_settings *settings, struct https_client **out)
{
	AUTO(https_client) c = calloc(1, sizeof(*c));

	if (c == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return STATUS_NO_MEMORY;
	c->url = strdup(settings->url);
	c->curl = curl_easy_init();
	if (c->url == NULL || c->curl == NULL)
		return STATUS_NO_MEMORY;
	if (!configure(c))
		return STATUS_UNSUPPORTED;

	enum status status = settings->ca == NULL ? OK : trust(c, settings->ca);

	if (status == OK) {
		*out = c;
		c = NULL;
	}
	return status;
}

void https_client_free(struct https_client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->headers);
	free(client->url);
	free(client);
}

static bool prepare(struct https_client *c, const char *url, int64_t since, struct transfer *t)
{
	uint64_t timeout_s = FILE_TIMEOUT_S + t->most / FILE_BYTES_PER_S;
	long condition = since > 0 ? CURL_TIMECOND_IFMODSINCE : CURL_TIMECOND_NONE;

	if (timeout_s > FILE_TIMEOUT_MOST_S)
		timeout_s = FILE_TIMEOUT_MOST_S;
	c->reason[0] = '\0';
	return curl_easy_setopt(c->curl, CURLOPT_URL, url) == CURLE_OK &&
	       curl_easy_setopt(c->curl, CURLOPT_WRITEDATA, t) == CURLE_OK &&
	       curl_easy_setopt(c->curl, CURLOPT_TIMEOUT, (long)timeout_s) == CURLE_OK &&
	       curl_easy_setopt(c->curl, CURLOPT_TIMECONDITION, condition) == CURLE_OK &&
	       curl_easy_setopt(c->curl, CURLOPT_TIMEVALUE_LARGE, (curl_off_t)since) == CURLE_OK;
}

__attribute__((format(printf, 4, 5))) static void fail(struct https_answer *answer,
						       enum fetch_cause cause, const char *url,
						       const char *format, ...)
{
	char why[FETCH_TEXT_MAX];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	answer->end = HTTPS_FAILED;
	answer->cause = cause;
	/* What is cut off is the end of the reason. */
	if (snprintf(answer->text, sizeof(answer->text), "%s: %s", url, why) < 0)
		answer->text[0] = '\0';
}

static bool is_about_trust(CURLcode code)
{
	return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
	       code == CURLE_SSL_ISSUER_ERROR || code == CURLE_SSL_INVALIDCERTSTATUS;
}

/* The transfer itself did not end well. */
static void judge_failure(const struct https_client *c, const char *url, const struct transfer *t,
			  CURLcode code, struct https_answer *answer)
{
	const char *reason = c->reason[0] != '\0' ? c->reason : curl_easy_strerror(code);

	if (t->is_over)
		fail(answer, FETCH_TOO_LARGE, url, "more than %llu bytes",
		     (unsigned long long)t->most);
	else if (t->is_not_written)
		fail(answer, FETCH_NOT_KEPT, url, "could not be written: disk full?");
	else
		fail(answer, is_about_trust(code) ? FETCH_NOT_TRUSTED : FETCH_UNREACHABLE, url,
		     "%s", reason);
}

/* When to ask whether it changed since. */
static int64_t validator(CURL *curl)
{
	curl_off_t modified = -1;

	if (curl_easy_getinfo(curl, CURLINFO_FILETIME_T, &modified) != CURLE_OK || modified <= 0 ||
	    modified > (curl_off_t)time(NULL) - SETTLED_S)
		return 0;
	return modified;
}

static void judge_answer(CURL *curl, const char *url, struct https_answer *answer)
{
	long code = 0;
	long is_unchanged = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &code);
	(void)curl_easy_getinfo(curl, CURLINFO_CONDITION_UNMET, &is_unchanged);
	if (code == 304 || (code == 200 && is_unchanged != 0))
		answer->end = HTTPS_UNCHANGED;
	else if (code == 404 || code == 410)
		answer->end = HTTPS_ABSENT;
	else if (code >= 300 && code < 400)
		fail(answer, FETCH_REDIRECTED, url, "the server sends elsewhere (%ld)", code);
	else if (code != 200)
		fail(answer, FETCH_SERVER_ERROR, url, "the server says %ld", code);
	else
		answer->end = HTTPS_TAKEN;
	answer->modified = validator(curl);
}

void https_get(struct https_client *client, const char *path, int64_t since, uint64_t most, int fd,
	       struct https_answer *out)
{
	AUTO_DONE(bytes) url = { 0 };
	struct transfer t = { .curl = client->curl, .fd = fd, .most = most };

	*out = (struct https_answer){ .end = HTTPS_FAILED };
	if (bytes_printf(&url, "%s/%s%c", client->url, path, '\0') != OK ||
	    !prepare(client, (const char *)url.data, since, &t)) {
		fail(out, FETCH_UNREACHABLE, client->url, "no memory");
		return;
	}

	CURLcode code = curl_easy_perform(client->curl);
	/* An error's long page was cut off here; the error is what counts. */
	if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && t.is_cut))
		judge_failure(client, (const char *)url.data, &t, code, out);
	else
		judge_answer(client->curl, (const char *)url.data, out);
	out->received = t.received;
}
