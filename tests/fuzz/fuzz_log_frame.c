/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed logs from the store, several frames one after the other. */
#include <zstd.h>

#include "fuzz.h"
#include "verifier/appraiser/log_frame.h"

#define UNPACKED_MAX ((size_t)1 << 14)

/* In place of the library's: what a context allocates would take nearly all of the time. */
ZSTD_DCtx *ZSTD_createDCtx(void)
{
	static ZSTD_DCtx *ctx;

	if (ctx == NULL)
		ctx = ZSTD_createDStream();
	must(ctx != NULL && !ZSTD_isError(ZSTD_DCtx_reset(ctx, ZSTD_reset_session_and_parameters)));
	return ctx;
}

size_t ZSTD_freeDCtx(ZSTD_DCtx *ctx)
{
	(void)ctx;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span frames = { data, len };
	AUTO_DONE(bytes) log = { 0 };
	AUTO_DONE(bytes) again = { 0 };

	if (log_frame_unpack(frames, UNPACKED_MAX, &log) != OK) {
		must(log.data == NULL);
		return 0;
	}
	/* The cap is a cap to the byte. */
	must(log.len <= UNPACKED_MAX);
	if (log.len > 0)
		must(log_frame_unpack(frames, log.len - 1, &again) == STATUS_TOO_LARGE);
	return 0;
}
