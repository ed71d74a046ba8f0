/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/task.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Mapped, not used: a page costs memory once something was written to it. */
#define STACK_SIZE ((size_t)512 << 10)

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

enum status task_init(struct task *task)
{
	size_t size = STACK_SIZE + page_size();
	void *stack = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return STATUS_NO_MEMORY;
	/* Who goes too deep ends here, not in another task's stack. */
	if (mprotect(stack, page_size(), PROT_NONE) != 0) {
		(void)munmap(stack, size);
		return STATUS_NO_MEMORY;
	}
	*task = (struct task){ .stack = stack };
	return OK;
}

void task_done(struct task *task)
{
	if (task->stack != NULL)
		(void)munmap(task->stack, STACK_SIZE + page_size());
	task->stack = NULL;
}

/* makecontext(3) hands on ints: a pointer is two of them. */
static void begin(unsigned high, unsigned low)
{
	struct task *task = (struct task *)((uintptr_t)high << 32 | (uintptr_t)low);

	task->run(task->context);
	task->is_running = false;
}

static void go_on(struct task *task)
{
	/* It fails for want of memory alone, and wants none. */
	if (swapcontext(&task->caller, &task->own) != 0)
		abort();
}

void task_start(struct task *task, void (*run)(void *context), void *context)
{
	uintptr_t self = (uintptr_t)task;

	task->run = run;
	task->context = context;
	task->is_running = true;
	if (getcontext(&task->own) != 0)
		abort();
	task->own.uc_stack.ss_sp = (uint8_t *)task->stack + page_size();
	task->own.uc_stack.ss_size = STACK_SIZE;
	task->own.uc_link = &task->caller;
	/* Its type says what POSIX wants it to. */
	makecontext(&task->own, (void (*)(void))(uintptr_t)begin, 2, (unsigned)(self >> 16 >> 16),
		    (unsigned)self);
	go_on(task);
}

void task_resume(struct task *task)
{
	go_on(task);
}

void task_wait(struct task *task)
{
	if (swapcontext(&task->own, &task->caller) != 0)
		abort();
}
