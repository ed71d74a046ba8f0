/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HTTPS_STRICT_H
#define HTTPS_STRICT_H

#include <curl/curl.h>

#include "base/bytes.h"

/*
 * What every HTTPS client of ours wants of libcurl: https and nothing else, HTTP/1.1, no
 * redirect, no .netrc, the server's certificate and its name verified, no signals.
 * least_tls: CURL_SSLVERSION_...
 */
bool https_strict(CURL *curl, long least_tls);
/* Believes the CAs in this PEM, which is copied, and no other: file and directory of the
 * system have defaults. */
bool https_trust_only(CURL *curl, struct span pem);

#endif
