/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/log_frame.h"

#include <zstd.h>

/* Event and IMA logs shrink to a third already at the fastest level. */
#define LEVEL 3
/* At that level no window is wider than 2 MiB. One that a frame asks for is
 * allocated before a byte is there, up to 128 MiB if it is not told. */
#define WINDOW_LOG_MAX 21

AUTO_FREE(ZSTD_DCtx, ZSTD_DCtx, (void)ZSTD_freeDCtx);

enum status log_frame_pack(struct span log, struct bytes *out)
{
	AUTO_DONE(bytes) packed = { 0 };
	size_t room = ZSTD_compressBound(log.len);
	enum status status = ZSTD_isError(room) ? STATUS_TOO_LARGE : bytes_reserve(&packed, room);

	if (status != OK)
		return status;

	size_t len = ZSTD_compress(packed.data, room, log.data, log.len, LEVEL);
	if (ZSTD_isError(len))
		return STATUS_NO_MEMORY;
	packed.len = len;
	*out = packed;
	packed = (struct bytes){ 0 };
	return OK;
}

enum status log_frame_unpack(struct span frames, size_t max, struct bytes *out)
{
	AUTO(ZSTD_DCtx) ctx = ZSTD_createDCtx();
	AUTO_DONE(bytes) log = { 0 };
	ZSTD_inBuffer in = { .src = frames.data, .size = frames.len };
	size_t step = ZSTD_DStreamOutSize();
	size_t left = 0;

	if (ctx == NULL ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, WINDOW_LOG_MAX)))
		return STATUS_NO_MEMORY;
	/* A full buffer may hide more of a frame; at a frame's end there is none. */
	for (bool is_full = false; in.pos < in.size || (is_full && left != 0);) {
		enum status status = bytes_reserve(
			&log, log.len + step > log.capacity ? (log.len + step) * 2 : log.capacity);

		if (status != OK)
			return status;

		ZSTD_outBuffer to = { .dst = log.data + log.len, .size = step };
		left = ZSTD_decompressStream(ctx, &to, &in);
		if (ZSTD_isError(left))
			return STATUS_MALFORMED;
		log.len += to.pos;
		/* Before it grows further: a frame of kilobytes may unpack to gigabytes. */
		if (log.len > max)
			return STATUS_TOO_LARGE;
		is_full = to.pos == to.size;
	}
	if (left != 0)
		return STATUS_TRUNCATED;
	*out = log;
	log = (struct bytes){ 0 };
	return OK;
}
