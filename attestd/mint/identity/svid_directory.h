/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ATTESTD_MINT_IDENTITY_SVID_DIRECTORY_H
#define ATTESTD_MINT_IDENTITY_SVID_DIRECTORY_H

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

/* The directory is made where it is missing. STATUS_IO with errno;
 * STATUS_DENIED: somebody but root, us and its owner may write it. */
enum status svid_directory_write(const struct identity_settings *identity,
				 const struct svid_files *files);
/* Removes the set, and what an earlier run left: so much of it at a time, if somebody put
 * more there. STATUS_IO with errno. */
enum status svid_directory_remove(const struct identity_settings *identity);

#endif
