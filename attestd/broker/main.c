/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/broker/broker.h"
#include "attestd/frames.h"
#include "attestd/role_program.h"

int main(int argc, char **argv)
{
	static const struct role_program broker = { "broker", BROKER_FDS, broker_run };

	return role_program_main(argc, argv, &broker);
}
