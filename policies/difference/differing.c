/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/difference/differing.h"

#define TEXT_CHUNK ((size_t)64 << 10)
