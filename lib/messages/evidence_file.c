/* SPDX-License-Identifier: Apache-2.0 */
#include "messages/evidence_file.h"

#include "messages/message.h"

#define FORMAT "attestd-evidence/1"
#define VENDOR_MAX 4 /* TPM_PT_MANUFACTURER */
#define MINTING_NAME_MAX 66

void evidence_file_done(struct evidence_file *file)
{
	bytes_done(&file->class_name);
	bytes_done(&file->ak_public);
	bytes_done(&file->vendor);
	bytes_done(&file->minting_name);
	bytes_done(&file->nonce);
	evidence_done(&file->evidence);
}

static void take_node(struct strict_cursor *root, struct evidence_file *file)
{
	struct strict_cursor node = strict_object(root, "node");

	file->node = message_take_node_id(&node, "id");
	message_take_text(&node, "class", CLASS_NAME_MAX, &file->class_name);
	message_take_bytes(&node, "akPublic", PUBLIC_AREA_MAX, &file->ak_public);
	if (strict_has(&node, "vendor"))
		message_take_text(&node, "vendor", VENDOR_MAX, &file->vendor);
	if (strict_has(&node, "releaseVersion"))
		file->release_version = strict_uint(&node, "releaseVersion", 0, INT64_MAX);
	(void)strict_end(&node);
}

static void take_previous(struct strict_cursor *root, struct evidence_file *file)
{
	struct strict_cursor previous = strict_object(root, "previous");

	file->has_previous = true;
	file->reset_count = (uint32_t)strict_uint(&previous, "resetCount", 0, UINT32_MAX);
	file->restart_count = (uint32_t)strict_uint(&previous, "restartCount", 0, UINT32_MAX);
	file->clock = strict_uint(&previous, "clock", 0, INT64_MAX);
	if (strict_has(&previous, "mintingName"))
		message_take_bytes(&previous, "mintingName", MINTING_NAME_MAX, &file->minting_name);
	(void)strict_end(&previous);
}

static void take_challenge(struct strict_cursor *root, struct evidence_file *file)
{
	struct strict_cursor challenge = strict_object(root, "challenge");

	message_take_bytes(&challenge, "nonce", NONCE_MAX, &file->nonce);
	(void)strict_end(&challenge);
}

static void take_evidence(struct strict_cursor *root, struct evidence_file *file)
{
	struct strict_cursor evidence = strict_object(root, "evidence");

	evidence_take(&evidence, &file->evidence);
	(void)strict_end(&evidence);
}

enum status evidence_file_parse(struct span json, struct evidence_file *out, const char **fault)
{
	AUTO_DONE(strict_document) document = { 0 };
	AUTO_DONE(evidence_file) file = { 0 };
	struct strict_cursor root = message_open(json, EVIDENCE_FILE_MAX, &document);
	struct span format = strict_text(&root, "format", 32);

	if (!span_equal(format, span_text(FORMAT)))
		strict_fail(&root, "format", STATUS_UNSUPPORTED, "bad-value");
	file.at = strict_int(&root, "at", 0, INT64_MAX);
	take_node(&root, &file);
	if (strict_has(&root, "previous"))
		take_previous(&root, &file);
	take_challenge(&root, &file);
	take_evidence(&root, &file);

	enum status status = message_end(&root, fault);
	if (status == OK) {
		*out = file;
		file = (struct evidence_file){ 0 };
	}
	return status;
}

static void put_node(struct json_writer *w, const struct evidence_file *file)
{
	json_open(w, "node", '{');
	json_hex(w, "id", node_id_span(&file->node));
	json_text(w, "class", span_of(&file->class_name));
	json_base64(w, "akPublic", span_of(&file->ak_public));
	if (file->vendor.len > 0)
		json_text(w, "vendor", span_of(&file->vendor));
	json_uint(w, "releaseVersion", file->release_version);
	json_close(w, '}');
}

static void put_previous(struct json_writer *w, const struct evidence_file *file)
{
	json_open(w, "previous", '{');
	json_uint(w, "resetCount", file->reset_count);
	json_uint(w, "restartCount", file->restart_count);
	json_uint(w, "clock", file->clock);
	if (file->minting_name.len > 0)
		json_base64(w, "mintingName", span_of(&file->minting_name));
	json_close(w, '}');
}

enum status evidence_file_write(const struct evidence_file *file, struct bytes *json)
{
	struct json_writer w = json_to(json);

	json_open(&w, NULL, '{');
	json_text(&w, "format", span_text(FORMAT));
	json_int(&w, "at", file->at);
	put_node(&w, file);
	if (file->has_previous)
		put_previous(&w, file);
	json_open(&w, "challenge", '{');
	json_base64(&w, "nonce", span_of(&file->nonce));
	json_close(&w, '}');
	evidence_put(&w, "evidence", &file->evidence);
	json_close(&w, '}');
	return json_end(&w);
}
