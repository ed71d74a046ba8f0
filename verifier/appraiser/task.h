/* SPDX-License-Identifier: Apache-2.0 */
#ifndef VERIFIER_APPRAISER_TASK_H
#define VERIFIER_APPRAISER_TASK_H

#include <stdbool.h>
#include <ucontext.h>

#include "base/status.h"

/*
 * A function on a stack of its own, which gives way where it has to wait, so that
 * one process has many requests under way and each still reads from top to bottom.
 * Nothing runs at the same time: a task goes on only inside task_start() and
 * task_resume(), and not beyond its next task_wait().
 */
struct task {
	ucontext_t own, caller;
	void *stack; /* mapped, with a page below it that faults */
	void (*run)(void *context);
	void *context;
	bool is_running; /* started, and not at its end */
};

/* Makes the stack; a task may be started anew after its end. */
enum status task_init(struct task *task);
void task_done(struct task *task);
/* Until the function waits or ends. */
void task_start(struct task *task, void (*run)(void *context), void *context);
/* Goes on behind its task_wait(). */
void task_resume(struct task *task);
/* Of the task itself: back to whoever made it go on. */
void task_wait(struct task *task);

#endif
