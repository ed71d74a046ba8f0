/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TOOLS_RELEASE_VENDOR_DELIVERY_H
#define TOOLS_RELEASE_VENDOR_DELIVERY_H

#include "policies/trust/root.h"
#include "tools/artifacts/file_list.h"
#include "tools/auto_jansson.h"

#define DELIVERIES_MAX 16

/* What a vendor delivered: a package, a tar archive or a list of sha256sum, and its
 * signature beside it. */
struct vendor_delivery {
	const char *name; /* of the vendor, ended by its '=' */
	const char *path;
	struct vendor_origin origin;
	struct file_list files; /* all of SET_VENDOR */
};

struct vendor_deliveries {
	size_t count;
	struct vendor_delivery delivery[DELIVERIES_MAX];
};

void vendor_deliveries_done(struct vendor_deliveries *deliveries);

/* NAME=FILE, of an option; false where it is none, or one too many. */
bool vendor_delivery_add(struct vendor_deliveries *deliveries, const char *text);
/* Reads and believes it: signed by a key that the root has of this vendor. Nothing of
 * it is unpacked before. Says what is wrong. */
enum status vendor_delivery_take(struct vendor_delivery *delivery, const struct root *root,
				 bool is_split_usr, size_t *left_out);
/* Whose it is. */
struct span vendor_delivery_vendor(const struct vendor_delivery *delivery);
/* Its bytes, which nothing has verified yet. Says what failed. */
enum status vendor_delivery_hash(struct vendor_delivery *delivery);
/* Signs the artifact's digest with one of the vendor's keys, into FILE.sig. Says what failed. */
enum status vendor_delivery_sign(struct vendor_delivery *delivery, const struct vendor *vendor,
				 EVP_PKEY *key);
/* {"name", "artifact", "signature"}, as a set has it; NULL without memory. */
json_t *vendor_delivery_json(const struct vendor_delivery *delivery);

/* NAME=OWNER,BACKUP,ESCALATION,FILE into a root's "vendors": FILE is a public key in
 * PEM; of a vendor that is there already another key, with the owner given last. */
bool vendor_json_add(json_t *vendors, const char *text);
/* NAME=FINGERPRINT, of a vendor that is there. */
bool vendor_json_add_openpgp(json_t *vendors, const char *text);

#endif
