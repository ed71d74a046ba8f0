/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_REFERENCE_LAYER_H
#define POLICIES_REFERENCE_LAYER_H

#include "base/bytes.h"

/* What an owner owns. A root that leaves one without an owner does not load. */
enum layer {
	LAYER_FIRMWARE,
	LAYER_BOOT_CHAIN,
	LAYER_KERNEL,
	LAYER_IDENTITY_MODULE,
	LAYER_USERLAND,
	LAYER_RELEASE_PROCESS,
	LAYER_NODE,
	LAYER_VENDOR, /* the first of a root's vendors, each with an owner of its own */
};

#define OWNED_LAYERS LAYER_VENDOR /* those that each root has an owner for */
#define VENDORS_MAX 8
#define VENDOR_NAME_MAX 32
#define LAYERS (LAYER_VENDOR + VENDORS_MAX)

/* "boot-chain", "vendor" for all of those; NULL beyond the last. */
const char *layer_name(enum layer layer);
enum status layer_named(struct span name, enum layer *out);

#endif
