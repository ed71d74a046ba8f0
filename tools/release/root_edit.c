/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/release/root_edit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto_openssl.h"
#include "policies/trust/root.h"
#include "tools/command.h"
#include "tools/release/root_keys.h"
#include "tools/release/vendor_delivery.h"

static bool add_key(json_t *predicate, const char *text)
{
	AUTO(EVP_PKEY) key = NULL;
	char name[65], principal[65], team[32];
	int used = 0;

	if (sscanf(text, "%64[^=]=%64[^,],%31[^,],%n", name, principal, team, &used) != 3 ||
	    used == 0 || root_key_load(text + used, &key) != OK)
		return false;

	json_t *keys = json_object_get(predicate, "keys");
	if (json_object_get(keys, name) != NULL) {
		(void)unusable("the root has a key %s already: take another name", name);
		return false;
	}
	return json_object_set_new(keys, name, root_key_json(key, principal, team)) == 0;
}

static bool remove_key(json_t *predicate, const char *name)
{
	json_t *role;
	const char *role_text;

	if (json_object_del(json_object_get(predicate, "keys"), name) != 0) {
		(void)unusable("the root has no key %s", name);
		return false;
	}
	json_object_foreach(json_object_get(predicate, "roles"), role_text, role)
	{
		json_t *keys = json_object_get(role, "keys");

		for (size_t i = json_array_size(keys); i-- > 0;)
			if (strcmp(json_string_value(json_array_get(keys, i)), name) == 0)
				(void)json_array_remove(keys, i);
	}
	return true;
}

static bool add_vendor(json_t *predicate, const char *text)
{
	json_t *vendors = json_object_get(predicate, "vendors");

	if (vendors == NULL) {
		vendors = json_object();
		(void)json_object_set_new(predicate, "vendors", vendors);
	}
	return vendor_json_add(vendors, text);
}

static bool remove_vendor(json_t *predicate, const char *name)
{
	if (json_object_del(json_object_get(predicate, "vendors"), name) == 0)
		return true;
	(void)unusable("the root has no vendor %s", name);
	return false;
}

static bool set_role(json_t *predicate, const char *text)
{
	AUTO(char) copy = strdup(text);
	char *keys = copy == NULL ? NULL : strchr(copy, '=');
	json_t *names = json_array();
	int64_t threshold = 0;
	char *rest = NULL;

	if (keys != NULL) {
		*keys++ = '\0';
		char *first = strtok_r(keys, ",", &rest);

		if (first == NULL || !option_number("role", first, 1, ROOT_KEYS_MAX, &threshold))
			threshold = 0;
		for (char *name; threshold > 0 && (name = strtok_r(NULL, ",", &rest)) != NULL;)
			(void)json_array_append_new(names, json_string(name));
	}
	if (threshold == 0 || json_array_size(names) == 0) {
		json_decref(names);
		return false;
	}
	return json_object_set_new(json_object_get(predicate, "roles"), copy,
				   json_pack("{s:o, s:I}", "keys", names, "threshold",
					     (json_int_t)threshold)) == 0;
}

static bool set_canary(json_t *predicate, const char *text)
{
	json_t *gate = json_object_get(predicate, "canary");
	int64_t nodes = 0;

	return option_number("canary", text, 0, 1000000, &nodes) &&
	       json_object_set_new(gate, "nodes", json_integer(nodes)) == 0;
}

bool root_edit(json_t *predicate, enum root_edit edit, const char *value)
{
	switch (edit) {
	case ROOT_ADD_KEY:
		return add_key(predicate, value);
	case ROOT_REMOVE_KEY:
		return remove_key(predicate, value);
	case ROOT_ADD_VENDOR:
		return add_vendor(predicate, value);
	case ROOT_ADD_VENDOR_OPENPGP:
		return vendor_json_add_openpgp(json_object_get(predicate, "vendors"), value);
	case ROOT_REMOVE_VENDOR:
		return remove_vendor(predicate, value);
	case ROOT_SET_CANARY:
		return set_canary(predicate, value);
	case ROOT_SET_ROLE:
		return set_role(predicate, value);
	}
	return false;
}
