/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>

#include "rollback_scene.h"

const struct way rollback_usual = { 2, 1, "q35", "plat-approve", 3, LINE_NOW - 60 };

void rollback_document(struct lifecycle *s, const struct way *way, char document[HEX_MAX])
{
	char from[HEX_MAX], to[HEX_MAX], subject[320], predicate[1024];

	line_digest_hex(&s->manifest[way->from], from);
	line_digest_hex(&s->manifest[way->to], to);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"from\",\"digest\":{\"sha256\":\"%s\"}},"
		       "{\"name\":\"to\",\"digest\":{\"sha256\":\"%s\"}}",
		       from, to);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"target\":{\"platform\":\"%s\",\"kernel\":\"6.1.0\"},"
		       "\"from\":{\"version\":%u,\"sha256\":\"%s\"},"
		       "\"to\":{\"version\":%u,\"sha256\":\"%s\"},\"index\":%u,"
		       "\"reason\":\"it does not boot\",\"time\":%" PRId64,
		       way->platform, way->from, from, way->to, to, way->index, way->time);
	lifecycle_put(s, "rollback", "rollbacks", way->key, subject, predicate, document);
}

void rollback_put(struct lifecycle *s, const struct way *way, char cell[128])
{
	char document[HEX_MAX];

	rollback_document(s, way, document);
	(void)snprintf(cell, 128, ",\"rollbacks\":[\"%s\"]", document);
}

void rollback_put_two(struct lifecycle *s, const struct way *first, const struct way *second,
		      char cell[256])
{
	char documents[2][HEX_MAX];

	rollback_document(s, first, documents[0]);
	rollback_document(s, second, documents[1]);
	(void)snprintf(cell, 256, ",\"rollbacks\":[\"%s\",\"%s\"]", documents[0], documents[1]);
}

void rollback_begin(struct lifecycle *s, const char *rollback_to, const char *epoch)
{
	char declared[64], raised[64];

	(void)snprintf(declared, sizeof(declared), "\"rollbackTo\":[%s]," ROLLBACK_EVIDENCE,
		       rollback_to);
	(void)snprintf(raised, sizeof(raised), "\"securityEpoch\":%s", epoch);

	const struct line_edit edits[] = {
		{ "manifest", ROLLBACK_EVIDENCE, declared },
		{ "manifest", "\"securityEpoch\":1", raised },
	};
	lifecycle_init(s);
	lifecycle_go_on(s, edits, 2);
}

void rollback_publish(struct lifecycle *s, const char *cell)
{
	static const struct entry entries[] = {
		{ 1, "current", 0 },
		{ 2, "previous", ROLLBACK_UNTIL },
	};

	lifecycle_publish(s, entries, 2, cell, "");
}

void rollback_revoke(struct lifecycle *s, const char *manifest)
{
	lifecycle_revoke(s, "sec-approve", &(struct revoked){ .version = 2, .manifest = manifest });
}
