/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "served_scene.h"

void served_connect_appraiser(struct served *f, uint64_t number)
{
	channel_done(&f->appraiser);
	f->appraiser = signer_process_connect(&f->process, FRAME_APPRAISER, number);
}

void served_start(struct served *f)
{
	signer_process_start(&f->process);
	served_connect_appraiser(f, 0);
}

int served_stop(struct served *f)
{
	channel_done(&f->appraiser);
	channel_done(&f->loader);
	return signer_process_end(&f->process);
}

void served_init(struct served *f)
{
	*f = (struct served){ 0 };
	channel_init(&f->loader, -1, SIGNER_FRAME_MAX);
	channel_init(&f->appraiser, -1, SIGNER_FRAME_MAX);
	signer_process_init(&f->process);
	golden_init(&f->golden);
	golden_build(&f->golden);
}

void served_done(struct served *f)
{
	signer_process_done(&f->process);
	golden_done(&f->golden);
}

void served_begin(struct served *f)
{
	served_init(f);
	served_start(f);
}

void served_end(struct served *f)
{
	assert_int_equal(served_stop(f), 0);
	served_done(f);
}

void served_ask(struct served *f, const struct signer_request *request,
		struct signer_answer *answer)
{
	AUTO_DONE(bytes) body = { 0 };
	struct frame frame;

	assert_int_equal(signer_request_encode(request, &body), OK);
	assert_int_equal(channel_call(&f->appraiser, (uint16_t)request->type, 77, span_of(&body),
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_ANSWER);
	assert_int_equal(signer_answer_decode(request->type, frame.body, answer), OK);
}

enum health served_health(struct served *f)
{
	struct signer_request request = { .type = FRAME_HEALTH };
	struct signer_answer answer;

	served_ask(f, &request, &answer);
	assert_int_equal(answer.refusal, REFUSAL_NONE);
	return answer.health.health;
}

void served_connect_loader(struct served *f, struct release_marks *marks)
{
	struct frame frame;

	channel_done(&f->loader);
	f->loader = signer_process_connect(&f->process, FRAME_LOADER, 0);
	assert_int_equal(channel_call(&f->loader, FRAME_MARKS_WANTED, 5, (struct span){ 0 },
				      PATIENCE_MS, &frame),
			 OK);
	assert_int_equal(frame.type, FRAME_MARKS);
	assert_int_equal(release_marks_decode(frame.body, marks), OK);
}

void served_send_image(struct served *f, const struct release_marks *marks, bool is_sealed)
{
	AUTO_DONE(bytes) body = { 0 };
	int fd = memfd_create("reference", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, f->golden.image.data, f->golden.image.len),
			 (ssize_t)f->golden.image.len);
	if (is_sealed)
		assert_int_equal(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
				 0);
	assert_int_equal(release_marks_encode(marks, &body), OK);
	assert_int_equal(channel_send_fd(&f->loader, FRAME_LOADED, 0, span_of(&body), fd), OK);
	(void)close(fd);
}
