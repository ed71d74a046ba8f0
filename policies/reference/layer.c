/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/reference/layer.h"

static const char *const names[] = {
	[LAYER_FIRMWARE] = "firmware", [LAYER_BOOT_CHAIN] = "boot-chain",
	[LAYER_KERNEL] = "kernel",     [LAYER_IDENTITY_MODULE] = "identity-module",
	[LAYER_USERLAND] = "userland", [LAYER_RELEASE_PROCESS] = "release-process",
	[LAYER_NODE] = "node",	       [LAYER_VENDOR] = "vendor",
};

const char *layer_name(enum layer layer)
{
	if ((unsigned)layer >= LAYERS)
		return NULL;
	return names[layer < LAYER_VENDOR ? layer : LAYER_VENDOR];
}

enum status layer_named(struct span name, enum layer *out)
{
	for (unsigned i = 0; i <= LAYER_VENDOR; i++) {
		if (span_equal(name, span_text(names[i]))) {
			*out = (enum layer)i;
			return OK;
		}
	}
	return STATUS_NOT_FOUND;
}
