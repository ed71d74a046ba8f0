/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/node_client.h"

#include <stdio.h>

#include "daemon/file.h"
#include "https/strict.h"

#define CA_FILE_MAX ((size_t)1 << 20)
#define ANSWER_MAX ((size_t)96 << 20)
#define TIMEOUT_S 60L

AUTO_FREE(curl_slist, struct curl_slist, curl_slist_free_all);

static size_t take(char *data, size_t size, size_t count, void *context)
{
	struct bytes *body = context;
	size_t len = size * count;

	if (len > ANSWER_MAX - body->len ||
	    bytes_append(body, (struct span){ (const uint8_t *)data, len }) != OK)
		return 0;
	return len;
}

static bool configure(const struct node_client *client, CURL *curl)
{
	return https_strict(curl, CURL_SSLVERSION_TLSv1_3) &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take) == CURLE_OK &&
	       (client->certificate == NULL ||
		curl_easy_setopt(curl, CURLOPT_SSLCERT, client->certificate) == CURLE_OK) &&
	       (client->key == NULL ||
		curl_easy_setopt(curl, CURLOPT_SSLKEY, client->key) == CURLE_OK);
}

/* False after a message. */
static bool prepare(const struct node_client *client, CURL *curl)
{
	AUTO_DONE(bytes) pem = { 0 };
	enum status status = client->ca == NULL ? OK : file_read(client->ca, CA_FILE_MAX, &pem);

	if (status != OK) {
		(void)unusable("%s: %s", client->ca, status_text(status));
		return false;
	}
	if (configure(client, curl) &&
	    (client->ca == NULL || https_trust_only(curl, span_of(&pem))))
		return true;
	(void)unusable("libcurl does not start");
	return false;
}

static bool set_up(struct node_client *client)
{
	CURL *curl = curl_easy_init();

	if (curl == NULL || !prepare(client, curl)) {
		curl_easy_cleanup(curl);
		return false;
	}
	client->handle = curl;
	return true;
}

static enum answer perform(struct node_client *client, const char *path, struct bytes *body)
{
	AUTO_DONE(bytes) url = { 0 };
	CURL *curl = client->handle;

	if (bytes_printf(&url, "%s%s%c", client->verifier, path, '\0') != OK)
		return unusable("no memory");
	(void)curl_easy_setopt(curl, CURLOPT_URL, (const char *)url.data);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);

	CURLcode code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		return unusable("%s: %s", client->verifier, curl_easy_strerror(code));
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &client->http_status);
	return ANSWER_YES;
}

enum answer node_client_get(struct node_client *client, const char *path, struct bytes *body)
{
	if (client->handle == NULL && !set_up(client))
		return ANSWER_UNUSABLE;
	(void)curl_easy_setopt((CURL *)client->handle, CURLOPT_HTTPGET, 1L);
	return perform(client, path, body);
}

enum answer node_client_post(struct node_client *client, const char *path, struct span json,
			     struct bytes *body)
{
	AUTO(curl_slist) headers = curl_slist_append(NULL, "Content-Type: application/json");
	enum answer end;

	if (headers == NULL)
		return unusable("no memory");
	if (client->handle == NULL && !set_up(client))
		return ANSWER_UNUSABLE;

	CURL *curl = client->handle;
	(void)curl_easy_setopt(curl, CURLOPT_POST, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)json.len);
	(void)curl_easy_setopt(curl, CURLOPT_POSTFIELDS, (const char *)json.data);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	end = perform(client, path, body);
	(void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, NULL);
	return end;
}

void node_client_done(struct node_client *client)
{
	if (client->handle != NULL)
		curl_easy_cleanup(client->handle);
	client->handle = NULL;
}
