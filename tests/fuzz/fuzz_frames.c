/* SPDX-License-Identifier: Apache-2.0 */
/* What a sibling that was taken over could send. */
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/channel.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define INPUT_MAX 8192
#define BODY_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct channel channel;
	struct frame frame;
	int fds[2];

	if (len > INPUT_MAX || channel_pair(fds) != OK)
		return 0;
	channel_init(&channel, fds[1], BODY_MAX);
	if (write(fds[0], data, len) == (ssize_t)len && shutdown(fds[0], SHUT_WR) == 0)
		while (channel_receive(&channel, 0, &frame) == OK)
			if (frame.fd >= 0)
				(void)close(frame.fd);
	(void)close(fds[0]);
	channel_done(&channel);
	return 0;
}
