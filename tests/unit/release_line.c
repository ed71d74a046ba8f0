/* SPDX-License-Identifier: Apache-2.0 */
#include "unit.h"

#include "release_line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policies/envelope/dsse.h"

#define HEX_SIZE LINE_HEX_SIZE
#define TEXT_MAX 16384

void line_digest_hex(const struct digest *digest, char out[HEX_SIZE])
{
	AUTO_DONE(bytes) hex = { 0 };

	assert_int_equal(hex_append(&hex, digest_span(digest)), OK);
	memcpy(out, hex.data, hex.len);
	out[hex.len] = '\0';
}

void line_put(struct line *line, const char *path, struct span content)
{
	size_t at = 0;

	while (at < line->count && strcmp(line->file[at].path, path) != 0)
		at++;
	assert_true(at < LINE_FILES_MAX);
	if (at == line->count)
		line->count++;
	bytes_done(&line->file[at].content);
	(void)snprintf(line->file[at].path, sizeof(line->file[at].path), "%s", path);
	assert_int_equal(bytes_copy(content, &line->file[at].content), OK);
}

static size_t sign(const char *key, struct span message, uint8_t *out, size_t size)
{
	AUTO(EVP_MD_CTX) ctx = EVP_MD_CTX_new();
	EVP_PKEY *pkey = line_key(key);
	const EVP_MD *md = EVP_PKEY_is_a(pkey, "EC") ? EVP_sha256() : NULL;

	assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, pkey), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &size, message.data, message.len), 1);
	return size;
}

void line_put_envelope(struct line *line, const char *path, const char *key, const char *text,
		       struct span signature)
{
	AUTO_DONE(bytes) envelope = { 0 };

	assert_int_equal(bytes_printf(&envelope, "{\"payloadType\":\"%s\",\"payload\":\"",
				      DSSE_PAYLOAD_TYPE),
			 OK);
	assert_int_equal(base64_append(&envelope, span_text(text)), OK);
	assert_int_equal(
		bytes_printf(&envelope, "\",\"signatures\":[{\"keyid\":\"%s\",\"sig\":\"", key),
		OK);
	assert_int_equal(base64_append(&envelope, signature), OK);
	assert_int_equal(bytes_printf(&envelope, "\"}]}"), OK);
	line_put(line, path, span_of(&envelope));
}

void line_put_signed(struct line *line, const char *path, const char *key, const char *text)
{
	AUTO_DONE(bytes) pae = { 0 };
	uint8_t signature[128];

	assert_int_equal(dsse_pae(span_text(text), &pae), OK);
	size_t len = sign(key, span_of(&pae), signature, sizeof(signature));
	line_put_envelope(line, path, key, text, (struct span){ signature, len });
}

struct edits {
	const struct line_edit *edit;
	size_t count;
};

static void apply(struct edits edits, const char *document, char text[TEXT_MAX])
{
	for (size_t i = 0; i < edits.count; i++) {
		const struct line_edit *edit = &edits.edit[i];
		char copy[TEXT_MAX];

		if (edit->find == NULL || strcmp(edit->document, document) != 0)
			continue;
		char *at = strstr(text, edit->find);
		if (at == NULL)
			fail_msg("%s has no %s", document, edit->find);
		(void)snprintf(copy, sizeof(copy), "%.*s%s%s", (int)(at - text), text,
			       edit->replace, at + strlen(edit->find));
		memcpy(text, copy, sizeof(copy));
	}
}

static const char *signer(struct edits edits, const char *document, const char *usual)
{
	for (size_t i = 0; i < edits.count; i++)
		if (edits.edit[i].find == NULL && strcmp(edits.edit[i].document, document) == 0)
			return edits.edit[i].replace;
	return usual;
}

static void digest_text(const char *text, struct digest *out)
{
	assert_int_equal(digest_of(DIGEST_SHA256, span_text(text), out), OK);
}

static void statement(char text[TEXT_MAX], const char *kind, const char *subject,
		      const char *predicate)
{
	int len = snprintf(text, TEXT_MAX,
			   "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[%s],"
			   "\"predicateType\":\"https://attestd.dev/%s/v1\",\"predicate\":{%s}}",
			   subject, kind, predicate);

	assert_in_range(len, 1, TEXT_MAX - 1);
}

#define OWNER(layer)                                                                               \
	"\"" layer "\":{\"owner\":\"" layer "-team\",\"backup\":\"b\",\"escalation\":\"e\"}"

/* clang-format off */
#define OWNERS                                                                                     \
	"\"owners\":{" OWNER("firmware") "," OWNER("boot-chain") "," OWNER("kernel") ","           \
	OWNER("identity-module") "," OWNER("userland") "," OWNER("release-process") ","            \
	OWNER("node") "}"
/* clang-format on */

static const char root_rest[] =
	"\"roles\":{\"root\":{\"keys\":[\"plat-root\",\"sec-root\"],\"threshold\":2},"
	"\"build\":{\"keys\":[\"build\"],\"threshold\":1},"
	"\"release-sign\":{\"keys\":[\"sign\"],\"threshold\":1},"
	"\"approve-platform\":{\"keys\":[\"plat-approve\",\"plat-approve-2\"],\"threshold\":1},"
	"\"approve-security\":{\"keys\":[\"sec-approve\"],\"threshold\":1},"
	"\"matrix\":{\"keys\":[\"plat-approve\",\"sec-approve\"],\"threshold\":2},"
	"\"revoke\":{\"keys\":[\"sec-approve\"],\"threshold\":1},"
	"\"publish\":{\"keys\":[\"publish\"],\"threshold\":1},"
	"\"emergency\":{\"keys\":[\"plat-approve\",\"sec-approve\"],\"threshold\":1},"
	"\"review\":{\"keys\":[\"sec-approve\",\"sec-review\"],\"threshold\":1},"
	"\"rollback\":{\"keys\":[\"plat-approve\"],\"threshold\":1},"
	"\"canary\":{\"keys\":[\"verifier\",\"verifier-2\"],\"threshold\":1}},"
	"\"classes\":{\"low-risk\":{\"approve-platform\":1,\"approve-security\":0},"
	"\"trust-impacting\":{\"approve-platform\":1,\"approve-security\":1}},"
	"\"classRules\":{\"lowRisk\":[]},"
	"\"caps\":{\"timestamp\":86400,\"revocations\":604800,\"acceptUntil\":86400,"
	"\"manifest\":31536000,\"emergency\":43200,\"review\":7200}," OWNERS
	",\"canary\":{\"nodes\":0,\"window\":86400},\"requireProvenance\":false,\"requireProofs\":"
	"false";

static void make_root(struct line *line, struct edits edits)
{
	AUTO_DONE(bytes) all = { 0 };
	char predicate[TEXT_MAX];
	char text[TEXT_MAX];

	line_root_keys(&all);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":1,\"expires\":%" PRId64 ",\"keys\":{%s},%s",
		       LINE_NOW + 86400 * 365, (const char *)all.data, root_rest);
	statement(text, "root", "", predicate);
	apply(edits, "root", text);
	digest_text(text, &line->root);
	line_put_signed(line, "root/1/1.json", signer(edits, "root#1", "plat-root"), text);
	line_put_signed(line, "root/1/2.json", signer(edits, "root#2", "sec-root"), text);
}

static const char base_files[] =
	"1111111111111111111111111111111111111111111111111111111111111111  /usr/bin/cat\n"
	"2222222222222222222222222222222222222222222222222222222222222222  /usr/sbin/attestd\n";

static const char manifest_text[] =
	"\"line\":\"prod\",\"version\":%u,%s\"securityEpoch\":1,"
	"\"changeClass\":\"trust-impacting\","
	"\"target\":{\"platform\":\"q35\",\"kernel\":\"6.1.0\"},"
	"\"notBefore\":%" PRId64 ",\"notAfter\":%" PRId64 ","
	"\"boot\":{\"secureBoot\":true,\"lockdown\":\"integrity\",\"pk\":[],\"kek\":[],\"db\":[],"
	"\"dbxMinimum\":[],\"sbatMinimum\":\"sbat,1\\nshim,2\\n\","
	"\"chain\":[{\"pcr\":4,\"name\":\"shim\",\"authenticode\":[\"sha256:%s\"]}],"
	"\"events\":[{\"pcr\":0,\"type\":\"EV_S_CRTM_VERSION\",\"name\":\"version\","
	"\"digests\":[\"sha256:%s\"],\"layer\":\"firmware\",\"required\":true}],"
	"\"ignore\":[{\"pcr\":1,\"type\":\"EV_EFI_VARIABLE_BOOT\"}],"
	"\"pcrs\":{\"11\":[\"sha256:%s\"]},"
	"\"cmdline\":[\"root=UUID={uuid} ro\"],\"initrd\":[\"sha256:%s\"]},"
	"\"ima\":{\"templates\":[\"ima-sig\"],\"hash\":\"sha256\","
	"\"policy\":{\"path\":\"/etc/ima/ima-policy\",\"sha256\":[\"%s\"]},"
	"\"violations\":\"refuse\",\"allowBuiltinPolicy\":false,\"early\":[\"base.files\"],"
	"\"keyrings\":{\".ima\":[\"sha256:%s\"]},"
	"\"sets\":[{\"name\":\"base.files\",\"sha256\":\"%s\",\"size\":%zu,\"class\":\"identity\","
	"\"mustAppear\":[\"/usr/sbin/attestd\"]}]},"
	"\"evidence\":{\"validation\":[{\"check\":\"measured-boot\",\"result\":\"passed\"}]}";

/* Puts the set there and gives its digest and size. */
static size_t make_set(struct line *line, struct edits edits, char hex[HEX_SIZE])
{
	char text[TEXT_MAX];
	char path[160];
	struct digest digest;

	(void)snprintf(text, sizeof(text), "%s", base_files);
	apply(edits, "base.files", text);
	digest_text(text, &digest);
	line_digest_hex(&digest, hex);
	(void)snprintf(path, sizeof(path), "sets/%s", hex);
	line_put(line, path, span_text(text));
	return strlen(text);
}

static void make_manifest(struct line *line, unsigned version, struct edits edits)
{
	static const char zero[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	char set[HEX_SIZE];
	char hex[HEX_SIZE];
	char previous[160] = "";
	char predicate[TEXT_MAX];
	char subject[256];
	char text[TEXT_MAX];
	char path[160];
	size_t size = make_set(line, edits, set);

	if (version > 1) {
		line_digest_hex(&line->manifest, hex);
		(void)snprintf(previous, sizeof(previous),
			       "\"previous\":{\"version\":%u,\"sha256\":\"%s\"},", version - 1,
			       hex);
	}
	(void)snprintf(predicate, sizeof(predicate), manifest_text, version, previous,
		       LINE_NOW - 3600, LINE_NOW + 86400 * 90, zero, zero, zero, zero, zero, zero,
		       set, size);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"base.files\",\"digest\":{\"sha256\":\"%s\"}}", set);
	statement(text, "manifest", subject, predicate);
	apply(edits, "manifest", text);
	digest_text(text, &line->manifest);
	line_digest_hex(&line->manifest, hex);
	(void)snprintf(path, sizeof(path), "manifests/%s.json", hex);
	line_put_signed(line, path, signer(edits, "manifest", "sign"), text);
}

static void make_approval(struct line *line, struct edits edits, int number, const char *key,
			  const struct digest *previous)
{
	char hex[HEX_SIZE];
	char difference[HEX_SIZE];
	char compared[128] = "";
	char predicate[TEXT_MAX];
	char subject[256];
	char text[TEXT_MAX];
	char path[160];
	char name[32];

	(void)snprintf(name, sizeof(name), "approval#%d", number);
	if (previous->alg != DIGEST_NONE) {
		line_digest_hex(previous, hex);
		(void)snprintf(compared, sizeof(compared), "\"comparedWith\":\"%s\",", hex);
	}
	line_digest_hex(&line->manifest, hex);
	line_difference(line, difference);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"manifest\":\"%s\",%s\"difference\":\"%s\","
		       "\"class\":\"trust-impacting\",\"reason\":\"first\","
		       "\"validation\":[],\"time\":%" PRId64,
		       hex, compared, difference, LINE_NOW - 60);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	statement(text, "approval", subject, predicate);
	apply(edits, name, text);
	(void)snprintf(path, sizeof(path), "approvals/%s/%d.json", hex, number);
	line_put_signed(line, path, signer(edits, name, key), text);
}

static const char matrix_text[] =
	"\"version\":1,\"cells\":[{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"state\":\"allow\"}],"
	"\"classes\":[{\"name\":\"server\",\"trustDomain\":\"prod.example\","
	"\"ids\":[\"spiffe://prod.example/**\"],\"cells\":[\"q35/6.1.0\"],\"grantLifetime\":600,"
	"\"attestInterval\":300,\"tpm\":{\"bank\":\"sha256\","
	"\"select\":[0,1,2,3,4,5,6,7,8,9,10,11,13,14],\"policyPcrs\":[4,7,14],\"cap\":13,"
	"\"requireSafe\":false,\"firmwareDeny\":[{\"vendor\":\"IFX\",\"from\":\"7.40\","
	"\"to\":\"7.61\"}]}}]";

static void make_matrix(struct line *line, struct edits edits, char hex[HEX_SIZE])
{
	char text[TEXT_MAX];
	char path[160];
	struct digest digest;

	statement(text, "matrix", "", matrix_text);
	apply(edits, "matrix", text);
	digest_text(text, &digest);
	line_digest_hex(&digest, hex);
	(void)snprintf(path, sizeof(path), "matrix/%s/1.json", hex);
	line_put_signed(line, path, signer(edits, "matrix#1", "plat-approve"), text);
	(void)snprintf(path, sizeof(path), "matrix/%s/2.json", hex);
	line_put_signed(line, path, signer(edits, "matrix#2", "sec-approve"), text);
}

static void make_revocations(struct line *line, struct edits edits)
{
	char predicate[TEXT_MAX];
	char text[TEXT_MAX];

	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":1,\"time\":%" PRId64 ",\"expires\":%" PRId64
		       ",\"manifests\":[],\"files\":[],\"keys\":[],\"nodes\":[]",
		       LINE_NOW - 60, LINE_NOW + 86400 * 6);
	statement(text, "revocations", "", predicate);
	apply(edits, "revocations", text);
	digest_text(text, &line->revocations);
	line_put_signed(line, "revocations/1.json", signer(edits, "revocations", "sec-approve"),
			text);
}

static void make_index(struct line *line, unsigned version, struct edits edits,
		       const struct digest *previous, const char *matrix)
{
	char hex[3][HEX_SIZE];
	char old[HEX_SIZE] = "";
	char second[256] = "";
	char subjects[512];
	char predicate[TEXT_MAX];
	char text[TEXT_MAX];
	char path[160];

	line_digest_hex(&line->root, hex[0]);
	line_digest_hex(&line->revocations, hex[1]);
	line_digest_hex(&line->manifest, hex[2]);
	(void)snprintf(subjects, sizeof(subjects),
		       "{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", hex[2]);
	if (previous->alg != DIGEST_NONE) {
		line_digest_hex(previous, old);
		(void)snprintf(second, sizeof(second),
			       ",{\"sha256\":\"%s\",\"version\":%u,\"state\":\"previous\","
			       "\"acceptUntil\":%" PRId64 "}",
			       old, version - 1, LINE_NOW + 3600);
		(void)snprintf(subjects + strlen(subjects), sizeof(subjects) - strlen(subjects),
			       ",{\"name\":\"manifest\",\"digest\":{\"sha256\":\"%s\"}}", old);
	}
	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":%u,\"time\":%" PRId64
		       ",\"root\":{\"version\":1,\"sha256\":\"%s\"},\"matrix\":\"%s\","
		       "\"revocations\":{\"version\":1,\"sha256\":\"%s\"},"
		       "\"cells\":[{\"platform\":\"q35\",\"kernel\":\"6.1.0\",\"manifests\":["
		       "{\"sha256\":\"%s\",\"version\":%u,\"state\":\"current\"}%s]}]",
		       version, LINE_NOW - 60, hex[0], matrix, hex[1], hex[2], version, second);
	statement(text, "index", subjects, predicate);
	apply(edits, "index", text);
	digest_text(text, &line->index);
	(void)snprintf(path, sizeof(path), "index/%u.json", version);
	line_put_signed(line, path, signer(edits, "index", "publish"), text);
}

static void make_timestamp(struct line *line, unsigned version, struct edits edits)
{
	char hex[HEX_SIZE];
	char subject[256];
	char predicate[TEXT_MAX];
	char text[TEXT_MAX];

	line_digest_hex(&line->index, hex);
	(void)snprintf(subject, sizeof(subject),
		       "{\"name\":\"index\",\"digest\":{\"sha256\":\"%s\"}}", hex);
	(void)snprintf(predicate, sizeof(predicate),
		       "\"version\":%u,\"time\":%" PRId64 ",\"expires\":%" PRId64
		       ",\"index\":{\"version\":%u,\"sha256\":\"%s\"}",
		       version, LINE_NOW - 60, LINE_NOW + 3600, version, hex);
	statement(text, "timestamp", subject, predicate);
	apply(edits, "timestamp", text);
	digest_text(text, &line->timestamp);
	line_put_signed(line, "timestamp.json", signer(edits, "timestamp", "publish"), text);
}

static enum status read_file(void *self, const char *path, size_t max, struct bytes *out)
{
	const struct line *line = self;

	for (size_t i = 0; i < line->count; i++) {
		if (strcmp(line->file[i].path, path) != 0)
			continue;
		if (line->file[i].content.len > max)
			return STATUS_TOO_LARGE;
		return bytes_copy(span_of(&line->file[i].content), out);
	}
	return STATUS_NOT_FOUND;
}

void line_make_version(struct line *line, unsigned version, const struct line_edit *edit,
		       size_t count)
{
	struct edits edits = { edit, count };
	struct digest previous = line->manifest;
	char matrix[HEX_SIZE];

	line->source = (struct document_source){ .read = read_file, .self = line };
	make_root(line, edits);
	make_manifest(line, version, edits);
	make_approval(line, edits, 1, "plat-approve", &previous);
	make_approval(line, edits, 2, "sec-approve", &previous);
	make_matrix(line, edits, matrix);
	make_revocations(line, edits);
	make_index(line, version, edits, &previous, matrix);
	make_timestamp(line, version, edits);
}

void line_make(struct line *line, const struct line_edit *edits, size_t count)
{
	line_make_version(line, 1, edits, count);
}

void line_done(struct line *line)
{
	for (size_t i = 0; i < line->count; i++)
		bytes_done(&line->file[i].content);
	*line = (struct line){ 0 };
}

struct bytes *line_file(struct line *line, const char *path)
{
	for (size_t i = 0; i < line->count; i++)
		if (strncmp(line->file[i].path, path, strlen(path)) == 0)
			return &line->file[i].content;
	fail_msg("no file %s", path);
	return NULL;
}

void line_remove(struct line *line, const char *path)
{
	for (size_t i = 0; i < line->count; i++)
		if (strncmp(line->file[i].path, path, strlen(path)) == 0)
			line->file[i].path[0] = '\0';
}
