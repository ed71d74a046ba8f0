/* SPDX-License-Identifier: Apache-2.0 */
#ifndef POLICIES_ARTIFACTS_FIRMWARE_VARIABLES_H
#define POLICIES_ARTIFACTS_FIRMWARE_VARIABLES_H

#include "base/reader.h"

/*
 * A firmware's variable store as a flash image holds it, OVMF_VARS.fd: a
 * firmware volume (PI Specification, volume 3, 3.2.1) with EDK II's store of
 * authenticated variables in it. Deleted variables are passed over.
 */
struct firmware_variables {
	struct reader reader; /* over the store's variables */
	struct span store;
};

struct firmware_variable {
	uint8_t guid[16]; /* as stored */
	struct span name; /* UTF-16LE, without the closing NUL */
	struct span content;
};

enum status firmware_variables_open(struct span image, struct firmware_variables *out);
/* STATUS_NOT_FOUND at the end. */
enum status firmware_variables_next(struct firmware_variables *variables,
				    struct firmware_variable *out);
/* The one of this GUID, as stored, and ASCII name; STATUS_NOT_FOUND without one. */
enum status firmware_variable_named(struct span image, const uint8_t guid[16], const char *name,
				    struct firmware_variable *out);

#endif
