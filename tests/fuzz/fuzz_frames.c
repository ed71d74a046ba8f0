/* SPDX-License-Identifier: Apache-2.0 */
/* What a sibling that was taken over could send. */
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/channel.h"
#include "fuzz.h"

#define INPUT_MAX 8192
#define BODY_MAX 4096
#define HEADER_SIZE 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct channel channel;
	struct frame frame;
	size_t seen = 0;
	int fds[2];

	if (len > INPUT_MAX || channel_pair(fds) != OK)
		return 0;
	channel_init(&channel, fds[1], BODY_MAX);
	must(write(fds[0], data, len) == (ssize_t)len && shutdown(fds[0], SHUT_WR) == 0);
	while (channel_receive(&channel, 0, &frame) == OK) {
		must(frame.body.len <= BODY_MAX && frame.fd == -1);
		/* Byte for byte what was sent, one frame behind the other. */
		seen += HEADER_SIZE;
		must(seen + frame.body.len <= len);
		must(frame.body.len == 0 ||
		     memcmp(frame.body.data, data + seen, frame.body.len) == 0);
		seen += frame.body.len;
	}
	(void)close(fds[0]);
	channel_done(&channel);
	return 0;
}
