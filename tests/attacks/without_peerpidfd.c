/* SPDX-License-Identifier: Apache-2.0 */
/* without_peerpidfd PROGRAM [ARGUMENT...]: runs it, and all that it starts, on a kernel
 * that does not know SO_PEERPIDFD, as Linux before 6.5. Exit 77 where that can't be. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PEERPIDFD 77 /* asm-generic/socket.h */
#define SKIPPED 77

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#define ARCHITECTURE 0
#endif

#define LOAD(member)                                                                               \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)offsetof(struct seccomp_data, member))
#define UNLESS(value, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skipped))

/* getsockopt(fd, SOL_SOCKET, SO_PEERPIDFD, ...); of an argument, the low half on the
 * architectures above. Not by NO_NEW_PRIVS, which would change set-user-ID programs. */
static int take_away(void)
{
	struct sock_filter filter[] = {
		LOAD(arch),
		UNLESS(ARCHITECTURE, 7),
		LOAD(nr),
		UNLESS(SYS_getsockopt, 5),
		LOAD(args[1]),
		UNLESS(SOL_SOCKET, 3),
		LOAD(args[2]),
		UNLESS(PEERPIDFD, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOPROTOOPT),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return ARCHITECTURE == 0 ? -1 : prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int is_away(void)
{
	int ends[2], pidfd = -1;
	socklen_t len = sizeof(pidfd);

	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0 &&
	       getsockopt(ends[0], SOL_SOCKET, PEERPIDFD, &pidfd, &len) != 0 &&
	       errno == ENOPROTOOPT;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		(void)fprintf(stderr, "usage: without_peerpidfd PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	if (take_away() != 0) {
		(void)fprintf(stderr, "skipped: no seccomp filter may be set\n");
		return SKIPPED;
	}
	if (!is_away()) {
		(void)fprintf(stderr, "the option is still there\n");
		return 1;
	}
	(void)execv(argv[1], argv + 1);
	perror(argv[1]);
	return 1;
}
