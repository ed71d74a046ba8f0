/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/fleet/node_client.h"

#include <curl/curl.h>
#include <stdio.h>

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

static bool set_up(struct node_client *client)
{
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		return false;
	client->handle = curl;
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https");
	(void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	if (client->ca != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca);
	if (client->certificate != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_SSLCERT, client->certificate);
	if (client->key != NULL)
		(void)curl_easy_setopt(curl, CURLOPT_SSLKEY, client->key);
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
		return unusable("libcurl does not start");
	(void)curl_easy_setopt((CURL *)client->handle, CURLOPT_HTTPGET, 1L);
	return perform(client, path, body);
}

enum answer node_client_post(struct node_client *client, const char *path, struct span json,
			     struct bytes *body)
{
	AUTO(curl_slist) headers = curl_slist_append(NULL, "Content-Type: application/json");
	enum answer end;

	if (headers == NULL || (client->handle == NULL && !set_up(client)))
		return unusable("libcurl does not start");

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
