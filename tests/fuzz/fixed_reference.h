/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FIXED_REFERENCE_H
#define TESTS_FIXED_REFERENCE_H

#include "policies/reference/image.h"

/* One class and one release with a rule of each kind, the same for every input.
 * Aborts where it cannot be made. */
struct fixed_reference {
	struct bytes image;
	struct reference reference;
	struct node_class node_class;
};

/* Made once; belongs to the program. */
const struct fixed_reference *fixed_reference(void);

#define FIXED_NOW 1000

#endif
