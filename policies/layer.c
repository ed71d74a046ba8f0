/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/layer.h"

static const char *const names[LAYERS] = {
	[LAYER_FIRMWARE] = "firmware", [LAYER_BOOT_CHAIN] = "boot-chain",
	[LAYER_KERNEL] = "kernel",     [LAYER_IDENTITY_MODULE] = "identity-module",
	[LAYER_USERLAND] = "userland", [LAYER_RELEASE_PROCESS] = "release-process",
	[LAYER_NODE] = "node",
};

const char *layer_name(enum layer layer)
{
	return (unsigned)layer < LAYERS ? names[layer] : NULL;
}

enum status layer_named(struct span name, enum layer *out)
{
	for (unsigned i = 0; i < LAYERS; i++) {
		if (span_equal(name, span_text(names[i]))) {
			*out = (enum layer)i;
			return OK;
		}
	}
	return STATUS_NOT_FOUND;
}
