/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/front/routes.h"

#include <string.h>

#include "messages/entries.h"
#include "messages/limits.h"

#define ANY_ROLE (1u << ROLE_PLATFORM | 1u << ROLE_IDENTITY_SECURITY | 1u << ROLE_AUDITOR)
#define ACTING_ROLE (1u << ROLE_PLATFORM | 1u << ROLE_IDENTITY_SECURITY)

static const struct route_entry entries[] = {
	{ ROUTE_CHALLENGE, HTTP_POST, "/v1/nodes/{id}/challenge", false, 0, REQUEST_BODY_MAX },
	{ ROUTE_EVIDENCE, HTTP_POST, "/v1/nodes/{id}/evidence", false, 0, EVIDENCE_BODY_MAX },
	{ ROUTE_ENROL, HTTP_POST, "/v1/enrol", false, 0, REQUEST_BODY_MAX },
	{ ROUTE_ACTIVATE, HTTP_POST, "/v1/enrol/{id}/activate", false, 0, REQUEST_BODY_MAX },
	{ ROUTE_WAIT, HTTP_GET, "/v1/nodes/{id}/wait", false, 0, 0 },
	{ ROUTE_BUNDLE, HTTP_GET, "/v1/bundle", false, 0, 0 },
	{ ROUTE_HEALTH, HTTP_GET, "/healthz", false, 0, 0 },
	{ ROUTE_HEALTH, HTTP_GET, "/healthz", true, 0, 0 },
	{ ROUTE_METRICS, HTTP_GET, "/metrics", true, 0, 0 },
	{ ROUTE_ADMIN_NODES, HTTP_GET, "/v1/admin/nodes", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_NODE, HTTP_GET, "/v1/admin/nodes/{id}", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_NODE_EVIDENCE, HTTP_GET, "/v1/admin/nodes/{id}/evidence", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_QUARANTINE, HTTP_POST, "/v1/admin/nodes/{id}/quarantine", true, ACTING_ROLE,
	  REQUEST_BODY_MAX },
	{ ROUTE_ADMIN_RETIRE, HTTP_POST, "/v1/admin/nodes/{id}/retire", true, ACTING_ROLE,
	  REQUEST_BODY_MAX },
	{ ROUTE_ADMIN_ACT, HTTP_POST, "/v1/admin/acts", true, ACTING_ROLE, REQUEST_BODY_MAX },
	{ ROUTE_ADMIN_RELEASES, HTTP_GET, "/v1/admin/releases", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_AUDIT, HTTP_GET, "/v1/admin/audit", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_ENTRIES, HTTP_GET, "/v1/admin/entries", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_ENTRY, HTTP_GET, "/v1/admin/entries/{name}", true, ANY_ROLE, 0 },
	{ ROUTE_ADMIN_ENTRY_QUARANTINE, HTTP_POST, "/v1/admin/entries/{name}/quarantine", true,
	  ACTING_ROLE, REQUEST_BODY_MAX },
	{ ROUTE_ADMIN_ENTRY_REMOVE, HTTP_POST, "/v1/admin/entries/{name}/remove", true, ACTING_ROLE,
	  REQUEST_BODY_MAX },
	{ ROUTE_ADMIN_CANARY, HTTP_POST, "/v1/admin/canaries", true, ACTING_ROLE,
	  REQUEST_BODY_MAX },
};

static const char *const names[ROUTES] = {
	[ROUTE_ENROL] = "enrol",
	[ROUTE_ACTIVATE] = "activate",
	[ROUTE_CHALLENGE] = "challenge",
	[ROUTE_EVIDENCE] = "evidence",
	[ROUTE_WAIT] = "wait",
	[ROUTE_BUNDLE] = "bundle",
	[ROUTE_HEALTH] = "healthz",
	[ROUTE_METRICS] = "metrics",
	[ROUTE_ADMIN_NODES] = "admin-nodes",
	[ROUTE_ADMIN_NODE] = "admin-node",
	[ROUTE_ADMIN_NODE_EVIDENCE] = "admin-node-evidence",
	[ROUTE_ADMIN_QUARANTINE] = "admin-quarantine",
	[ROUTE_ADMIN_RETIRE] = "admin-retire",
	[ROUTE_ADMIN_ACT] = "admin-act",
	[ROUTE_ADMIN_RELEASES] = "admin-releases",
	[ROUTE_ADMIN_AUDIT] = "admin-audit",
	[ROUTE_ADMIN_CANARY] = "admin-canary",
	[ROUTE_ADMIN_ENTRIES] = "admin-entries",
	[ROUTE_ADMIN_ENTRY] = "admin-entry",
	[ROUTE_ADMIN_ENTRY_QUARANTINE] = "admin-entry-quarantine",
	[ROUTE_ADMIN_ENTRY_REMOVE] = "admin-entry-remove",
};

const char *route_name(enum route route)
{
	return (unsigned)route < ROUTES ? names[route] : NULL;
}

bool route_allows(const struct route_entry *entry, enum role role)
{
	return entry->roles == 0 || (entry->roles >> role & 1) != 0;
}

/* Does a segment of a pattern that stands for something stand for this? */
static bool stands_for(struct span wanted, struct span given)
{
	return span_equal(wanted, span_text("{id}")) ? node_id_is_valid(given)
						     : entry_name_is_valid(given);
}

/* Segment by segment; one node id or name is the only thing that varies. */
static bool matches(const char *pattern, struct span path, struct span *subject)
{
	struct span rest = span_text(pattern);
	struct span wanted, given;
	struct span found = { 0 };

	while (rest.len > 0 && path.len > 0) {
		const uint8_t *slash = memchr(path.data, '/', path.len);
		const uint8_t *pattern_slash = memchr(rest.data, '/', rest.len);

		given.len = slash == NULL ? path.len : (size_t)(slash - path.data);
		wanted.len = pattern_slash == NULL ? rest.len : (size_t)(pattern_slash - rest.data);
		given.data = path.data;
		wanted.data = rest.data;
		bool varies = span_starts_with(wanted, "{");
		if (varies ? !stands_for(wanted, given) : !span_equal(wanted, given))
			return false;
		if (varies)
			found = given;
		/* Both have a slash here, or both end. */
		if ((slash == NULL) != (pattern_slash == NULL))
			return false;
		given.len += slash != NULL;
		wanted.len += pattern_slash != NULL;
		path.data += given.len;
		path.len -= given.len;
		rest.data += wanted.len;
		rest.len -= wanted.len;
	}
	*subject = found;
	return rest.len == 0 && path.len == 0;
}

unsigned route_find(const struct http_head *head, bool is_admin_listener,
		    const struct route_entry **out, struct span *subject)
{
	unsigned refusal = 404;

	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
		const struct route_entry *entry = &entries[i];

		if (entry->is_admin != is_admin_listener ||
		    !matches(entry->pattern, head->path, subject))
			continue;
		if (entry->method == head->method) {
			*out = entry;
			return 0;
		}
		refusal = 405;
	}
	return refusal;
}
