/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/agent/rounds.h"
#include "attestd/frames.h"
#include "attestd/role_program.h"

int main(int argc, char **argv)
{
	static const struct role_program agent = { "agent", AGENT_FDS, agent_run };

	return role_program_main(argc, argv, &agent);
}
