/* SPDX-License-Identifier: Apache-2.0 */
/* A firmware's variable store */
#include "fuzz.h"
#include "policies/artifacts/firmware_variables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span image = { data, len };
	struct firmware_variables variables;
	struct firmware_variable variable;
	size_t count = 0;

	taint(&variables, sizeof(variables));
	if (firmware_variables_open(image, &variables) != OK) {
		must_be_tainted(&variables, sizeof(variables));
		return 0;
	}
	must_lie_inside(variables.store, image);
	taint(&variable, sizeof(variable));
	while (firmware_variables_next(&variables, &variable) == OK) {
		must_lie_inside(variable.name, image);
		must_lie_inside(variable.content, image);
		must(variable.name.len % 2 == 0);
		taint(&variable, sizeof(variable));
		must(++count <= len / 60);
	}
	must_be_tainted(&variable, sizeof(variable));
	return 0;
}
