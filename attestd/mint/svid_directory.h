/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_SVID_DIRECTORY_H
#define ATTESTD_MINT_SVID_DIRECTORY_H

#include "attestd/configuration.h"

/*
 * What a workload finds in its directory:
 *
 *	svid.pem svid_key.pem bundle.pem	links to .current/NAME
 *	.current				link to the set in force
 *	.svid-XXXXXX/				the set: three files
 *
 * The set changes by one rename of .current: no reader ever sees the key of one
 * SVID with the certificate of another under one .current, and removal is one
 * unlink.
 */
struct svid_files {
	struct span svid, key, bundle; /* PEM */
};

enum status svid_directory_write(const struct identity_settings *identity,
				 const struct svid_files *files);
/* Removes the set, and whatever an earlier run left. */
enum status svid_directory_remove(const struct identity_settings *identity);

#endif
