/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_WORKLOAD_SCENE_H
#define TESTS_WORKLOAD_SCENE_H

#include <sys/types.h>

#include "attestd/mint/caller/caller.h"
#include "attestd/mint/admission/gate.h"
#include "workload_process.h"

/*
 * Processes that connect to a socket, where this process is the mint. unit.h comes
 * first. Each program is a copy of its own of workload_process.
 */
#define WORKLOAD_UID 1000
#define WORKLOAD_GID 1000
#define WORKLOAD_SOCKET "default"

struct workload {
	pid_t pid;
	int socket; /* accepted */
	struct caller *caller; /* NULL: not opened */
};

/* For a group's setup and teardown: a directory with the programs "one" and "two"
 * and the socket. */
int workload_scene_begin(void **state);
int workload_scene_end(void **state);
/* "NAME" in that directory; lasts until the next but three calls. */
const char *workload_path(const char *name);
/* Another program there. */
void workload_program(const char *name);
void workload_remove(const char *name);
/* Where the kernel does not let this test play its part. */
void need_root(void);

/* What runs in the new process before the program is executed; NULL: nothing. */
typedef void (*workload_preparation)(void);
/* Started as the user WORKLOAD_UID, or as root; its connection is accepted, and it
 * is ready. */
struct workload workload_start(const char *name, bool is_root, workload_preparation prepare);
/* The same with a caller of it. */
struct workload workload_called(const char *name, bool is_root, workload_preparation prepare);
/* What is true of it now; fails the test where it is refused. */
struct caller_facts workload_look(const struct workload *w);
void workload_assert_executable(const struct caller_facts *f, const char *path);
void workload_order(const struct workload *w, enum workload_verb verb, int number,
		    const char *path);
/* The same, and it is carried out. */
void workload_do(const struct workload *w, enum workload_verb verb, int number, const char *path);
/* It has exited: reaps it, and gives how. */
int workload_wait(struct workload *w);
/* Ends it, where it runs, and closes all. */
void workload_done(struct workload *w);
/* A unit's cgroup of version 2 as systemd would make it, "attestd-test-PID.service";
 * false where this test may not. */
bool workload_make_unit(void);
void workload_remove_unit(void);
/* Where its hierarchy is mounted. */
const char *workload_cgroup_top(void);
/* So many cgroups below it, each as "/u" in the one before; the last, whose path in its
 * hierarchy is given, is what is entered from then on. */
void workload_deepen_unit(size_t count, char *path, size_t size);
/* For a teardown: all of them, and what is left in them; or there is none. */
void workload_drop_unit(void);
/* Of the process that calls it. */
void workload_enter_unit(void);
/* To the top of the hierarchy, and back. */
void workload_leave_unit(pid_t pid);
void workload_return_to_unit(pid_t pid);
/* The next connection of the scene's socket. */
int workload_accept(void);

AUTO_RELEASE(workload, workload_done);

#endif
