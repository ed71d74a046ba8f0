/* SPDX-License-Identifier: Apache-2.0 */
#include "attestd/mint/admission/file_times.h"

#include <linux/magic.h>
#include <stdint.h>

#define ZFS_SUPER_MAGIC 0x2fc12fc1 /* OpenZFS, sys/zfs_context_os.h */

/* The first store to a page that is clean, or that was mapped anew, faults, and the fault
 * changes the times (file_update_time()); or there is no store. */
static bool notes_stores(uint32_t type)
{
	switch (type) {
	case EXT4_SUPER_MAGIC: /* and ext2, ext3 */
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case F2FS_SUPER_MAGIC:
	case EROFS_SUPER_MAGIC_V1:
	case SQUASHFS_MAGIC:
		return true;
	default:
		return false;
	}
}

/* Its files change by this host's processes alone, each of which opened them: not by a
 * server's word, as with FUSE or NFS, which could as well lie about the owner. An overlayfs
 * hides what its layers are. */
static bool is_of_this_host(uint32_t type)
{
	return type == TMPFS_MAGIC || type == RAMFS_MAGIC || type == OVERLAYFS_SUPER_MAGIC ||
	       type == ZFS_SUPER_MAGIC;
}

/* An access control list that lets others write shows in the group's bits (acl(5)). */
static bool is_roots_alone(const struct stat *file)
{
	return file->st_uid == 0 && (file->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool file_times_tell(const struct stat *file, const struct statfs *where)
{
	uint32_t type = (uint32_t)where->f_type;

	return notes_stores(type) || (is_of_this_host(type) && is_roots_alone(file));
}
