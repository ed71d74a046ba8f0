/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "signer_process.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verifier/signer/signer.h"

void signer_process_init(struct signer_process *p)
{
	*p = (struct signer_process){ 0 };
	signer_files_init(&p->files);
	channel_init(&p->parent, -1, SIGNER_FRAME_MAX);
}

void signer_process_done(struct signer_process *p)
{
	channel_done(&p->parent);
	signer_files_done(&p->files);
}

static int run(const struct signer_process *p, int parent_fd)
{
	const struct signer_files *f = &p->files;
	struct signer_authority_settings authority = { "prod.example", f->path[FILE_CA_KEY],
						       f->path[FILE_CA], NULL, NULL };
	struct signer_settings settings = { .store = f->path[FILE_STORE],
					    .mac_key = f->path[FILE_MAC_KEY],
					    .result_key = f->path[FILE_RESULT_KEY],
					    .authorities = &authority,
					    .authority_count = 1,
					    .inventory = p->inventory,
					    .narrow_per_hour = p->narrow_per_hour,
					    .issuer = "verifier.example",
					    .audience = "prod.example" };

	return signer_run(&settings, parent_fd);
}

void signer_process_start(struct signer_process *p)
{
	struct frame frame;
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		(void)close(ends[0]);
		/* Where files are limited, writing fails then, as on a full disk. */
		(void)signal(SIGXFSZ, SIG_IGN);
		if (p->log != NULL && freopen(p->log, "w", stderr) == NULL)
			_exit(99);
		_exit(run(p, ends[1]));
	}
	(void)close(ends[1]);
	channel_init(&p->parent, ends[0], SIGNER_FRAME_MAX);
	assert_int_equal(channel_receive(&p->parent, PATIENCE_MS, &frame), OK);
	assert_int_equal(frame.type, FRAME_READY);
}

int signer_process_end(struct signer_process *p)
{
	int how = 0;

	channel_done(&p->parent);
	assert_int_equal(waitpid(p->pid, &how, 0), p->pid);
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

void signer_process_expect_no_start(struct signer_process *p)
{
	int ends[2], how = 0;

	assert_int_equal(channel_pair(ends), OK);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (p->pid == 0) {
		/* Were it to serve, it would end with its parent's channel. */
		(void)alarm(PATIENCE_MS / 1000);
		_exit(run(p, ends[1]));
	}
	assert_int_equal(waitpid(p->pid, &how, 0), p->pid);
	assert_true(WIFEXITED(how));
	assert_int_equal(WEXITSTATUS(how), 1);
	for (size_t i = 0; i < 2; i++)
		(void)close(ends[i]);
}

struct channel signer_process_connect(struct signer_process *p, enum frame_type as, uint64_t number)
{
	struct channel c;
	int ends[2];

	assert_int_equal(channel_pair(ends), OK);
	channel_init(&c, ends[0], SIGNER_FRAME_MAX);
	assert_int_equal(
		channel_send_fd(&p->parent, (uint16_t)as, number, (struct span){ 0 }, ends[1]), OK);
	(void)close(ends[1]);
	return c;
}
