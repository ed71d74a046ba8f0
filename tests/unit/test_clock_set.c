/* SPDX-License-Identifier: Apache-2.0 */
/* No test sets the clock of the machine it runs on: what is asked of the kernel is what counts. */
#include "unit.h"

#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock_set.h"

static struct {
	int clock, flags;
	time_t at;
} asked;

/* In place of the C library's. */
int timerfd_create(clockid_t clock, int flags)
{
	asked.clock = clock;
	return (int)syscall(SYS_timerfd_create, clock, flags);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *new_value,
		    struct itimerspec *old_value)
{
	asked.flags = flags;
	asked.at = new_value->it_value.tv_sec;
	return (int)syscall(SYS_timerfd_settime, fd, flags, new_value, old_value);
}

static void it_is_cancelled_when_the_clock_is_set_and_never_due(void **state)
{
	int fd = clock_set_open();
	(void)state;

	assert_true(fd >= 0);
	assert_int_equal(asked.clock, CLOCK_REALTIME);
	assert_int_equal(asked.flags, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET);
	assert_true(asked.at > time(NULL) + 100 * 365 * 86400L);
	/* Nothing to take: it does not wait. */
	clock_set_take(fd);
	assert_int_equal(close(fd), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_cancelled_when_the_clock_is_set_and_never_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
