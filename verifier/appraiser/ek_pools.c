/* SPDX-License-Identifier: Apache-2.0 */
#include "verifier/appraiser/ek_pools.h"

#include <sys/stat.h>

#include "daemon/directory.h"
#include "daemon/file.h"
#include "daemon/log.h"

#define POOL_FILE_MAX ((size_t)1 << 20)

struct reading {
	struct ek_pool *pool;
	enum status (*add)(struct ek_pool *pool, struct span file);
	bool goes_without; /* what is no file: it lets fewer in, and not more */
	bool *is_whole; /* false: something was passed over */
};

/* A directory, or a link that leads nowhere: no certificate is about to be there. */
static bool is_no_file(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || !S_ISREG(st.st_mode);
}

static enum status add_file(void *context, const char *path, enum status read, struct span content)
{
	const struct reading *reading = context;
	enum status status = read == OK ? reading->add(reading->pool, content) : read;

	if (status == OK || status == STATUS_NO_MEMORY)
		return status;
	log_line(LOG_LEVEL_WARNING, "%s: %s", path,
		 read == OK ? "no certificate or CRL in it, or a damaged one"
			    : file_guard_text(read));

	const bool is_nothing = is_no_file(path);

	/* Who may write a file here chooses which TPMs are genuine: that is no oversight. */
	if (read == STATUS_DENIED && !is_nothing)
		return read;
	if (!reading->goes_without || !is_nothing)
		*reading->is_whole = false;
	return OK;
}

static bool read_pool(const char *path, struct reading *reading)
{
	enum status status =
		path == NULL ? OK : directory_read_guarded(path, POOL_FILE_MAX, add_file, reading);

	if (status != OK)
		log_line(LOG_LEVEL_ERROR, "[ek] %s: %s", path, file_guard_text(status));
	return status == OK;
}

static const char *software_roots(const struct appraiser_settings *s)
{
	return s->allow_software_tpm ? s->software_roots : NULL;
}

static bool read_all(const struct appraiser_settings *s, struct ek_pools *out,
		     bool *has_all_certificates)
{
	bool has_all_lists = true;
	struct {
		const char *path;
		struct reading reading;
	} all[] = {
		{ s->ek_roots,
		  { &out->roots, ek_pool_add_certificates, true, has_all_certificates } },
		{ s->ek_intermediates,
		  { &out->intermediates, ek_pool_add_certificates, true, has_all_certificates } },
		{ s->ek_crls, { &out->crls, ek_pool_add_crls, false, &has_all_lists } },
		{ software_roots(s),
		  { &out->software_roots, ek_pool_add_certificates, true, has_all_certificates } },
	};

	*has_all_certificates = true;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!read_pool(all[i].path, &all[i].reading))
			return false;
	out->lacks_lists = !has_all_lists;
	return true;
}

bool ek_pools_read(const struct appraiser_settings *settings, struct ek_pools *out)
{
	AUTO_DONE(ek_pools) pools = { .settings = settings };
	const char *const paths[WATCHED_MAX] = { settings->ek_roots, settings->ek_intermediates,
						 settings->ek_crls, software_roots(settings) };
	bool has_all_certificates = false;

	file_watch_init(&pools.watch, paths);
	if (!read_all(settings, &pools, &has_all_certificates))
		return false;
	if (pools.lacks_lists)
		log_line(LOG_LEVEL_ERROR,
			 "[ek] crls: nobody is enrolled until all of it can be read");
	*out = pools;
	pools = (struct ek_pools){ 0 };
	return true;
}

void ek_pools_done(struct ek_pools *pools)
{
	ek_pool_done(&pools->roots);
	ek_pool_done(&pools->intermediates);
	ek_pool_done(&pools->crls);
	ek_pool_done(&pools->software_roots);
	*pools = (struct ek_pools){ 0 };
}

static void swap(struct ek_pool *a, struct ek_pool *b)
{
	struct ek_pool before = *a;

	*a = *b;
	*b = before;
}

/* Those that were in use go over. */
static void keep_certificates(struct ek_pools *from, struct ek_pools *to)
{
	swap(&from->roots, &to->roots);
	swap(&from->intermediates, &to->intermediates);
	swap(&from->software_roots, &to->software_roots);
}

void ek_pools_refresh(struct ek_pools *pools, time_t now)
{
	AUTO_DONE(ek_pools) fresh = { .settings = pools->settings };

	if (!file_watch_is_due(&pools->watch, now))
		return;

	bool has_all_certificates = false;
	bool is_good =
		read_all(pools->settings, &fresh, &has_all_certificates) && !fresh.lacks_lists;

	file_watch_was_read(&pools->watch, is_good && has_all_certificates);
	if (!is_good) {
		log_line(LOG_LEVEL_ERROR, "[ek]: the certificates and CRLs before stay in use");
		return;
	}
	/* A list waits for no certificate: without it, more would be believed. */
	if (!has_all_certificates) {
		keep_certificates(pools, &fresh);
		log_line(LOG_LEVEL_ERROR, "[ek]: the certificates before stay in use");
	}
	log_line(LOG_LEVEL_NOTICE, "[ek] read again: %zu roots, %zu intermediates, %zu CRLs",
		 fresh.roots.count, fresh.intermediates.count, fresh.crls.count);
	fresh.watch = pools->watch;
	ek_pools_done(pools);
	*pools = fresh;
	fresh = (struct ek_pools){ 0 };
}
