/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_FETCHER_CONFINE_H
#define VERIFIER_FETCHER_CONFINE_H

#include "verifier/fetcher/fetcher.h"

/* From here on: of files only the directory, the CA file, and what resolvers, libcurl and
 * OpenSSL open, which holds no key of anybody's. As confinement_begin(). */
bool fetcher_confine(const struct fetcher_settings *settings);

#endif
