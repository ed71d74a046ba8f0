/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/mint.h"
#include "attestd/frames.h"
#include "attestd/role_program.h"

int main(int argc, char **argv)
{
	static const struct role_program mint = { "mint", MINT_FDS, mint_run };

	return role_program_main(argc, argv, &mint);
}
