/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "frame_shots.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static int memory_file(size_t len, bool is_sealed)
{
	static const uint8_t garbage[65536] = "no image";
	int fd = memfd_create("shot", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0 && len <= sizeof(garbage));
	assert_int_equal(write(fd, garbage, len), (ssize_t)len);
	if (is_sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
				 0);
	return fd;
}

static int passenger_fd(enum passenger passenger)
{
	/* clang-format off */
	switch (passenger) {
	case SOME_FILE: return open("/dev/null", O_RDONLY | O_CLOEXEC);
	case UNSEALED: return memory_file(65536, false);
	case EMPTY: return memory_file(0, true);
	case SHORT: return memory_file(7, true);
	case GARBAGE: return memory_file(65536, true);
	case NONE:
	case PASSENGERS: break;
	}
	/* clang-format on */
	return -1;
}

void fire(struct channel *c, uint64_t id, const struct shot *shot)
{
	int fd = passenger_fd(shot->passenger);

	if (shot->raw.len > 0)
		assert_int_equal(write(c->fd, shot->raw.data, shot->raw.len),
				 (ssize_t)shot->raw.len);
	else
		assert_int_equal(channel_send_fd(c, shot->type, id, shot->body, fd), OK);
	if (fd >= 0)
		(void)close(fd);
}

void fire_other_types(void *victim, aim at, const uint16_t *known, size_t count)
{
	static const uint16_t more[] = { 255, 0x1000, 0xffff };

	for (unsigned i = 0; i < 64 + sizeof(more) / sizeof(more[0]); i++) {
		struct shot shot = { .name = "another type",
				     .type = i < 64 ? (uint16_t)i : more[i - 64] };
		bool is_known = false;

		for (size_t k = 0; k < count; k++)
			is_known = is_known || known[k] == shot.type;
		if (!is_known)
			at(victim, &shot);
	}
}

void fire_spoiled(void *victim, aim at, uint16_t type, struct bytes *body)
{
	struct shot shot = { .name = "truncated", .type = type };

	for (size_t len = 0; len < body->len; len++) {
		shot.body = (struct span){ body->data, len };
		at(victim, &shot);
	}
	shot = (struct shot){ .name = "with a descriptor",
			      .type = type,
			      .body = span_of(body),
			      .passenger = SOME_FILE };
	at(victim, &shot);
	assert_int_equal(bytes_append_byte(body, 0), OK);
	shot = (struct shot){ .name = "a byte too much", .type = type, .body = span_of(body) };
	at(victim, &shot);
}

void fire_raw(void *victim, aim at)
{
	static const uint8_t too_long[16] = { 0x7f, 0xff, 0xff, 0xff, 0, FRAME_HEALTH };
	static const uint8_t no_fd[16] = { 0, 0, 0, 0, 0, FRAME_HEALTH, 0, 1 };
	static const uint8_t unknown[16] = { 0, 0, 0, 0, 0, FRAME_HEALTH, 0, 2 };

	at(victim, &(struct shot){ .name = "too long", .raw = { too_long, 16 } });
	at(victim, &(struct shot){ .name = "without its descriptor", .raw = { no_fd, 16 } });
	at(victim, &(struct shot){ .name = "an unknown flag", .raw = { unknown, 16 } });
}

void fire_images(void *victim, aim at, uint16_t type, struct span body)
{
	for (unsigned i = 0; i < PASSENGERS; i++) {
		struct shot shot = { .name = "an image that is none",
				     .type = type,
				     .body = body,
				     .passenger = (enum passenger)i };

		at(victim, &shot);
	}
}
