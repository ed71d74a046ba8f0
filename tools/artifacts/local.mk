# What machines are built from, file by file: lists, packages, images.
attestctl_SOURCES += \
	tools/artifacts/built_programs.c tools/artifacts/built_programs.h \
	tools/artifacts/built_root.c tools/artifacts/built_root.h \
	tools/artifacts/built_root_image.c \
	tools/artifacts/built_root_package.c \
	tools/artifacts/built_root_pool.c \
	tools/artifacts/built_root_tar.c \
	tools/artifacts/content_archive.c tools/artifacts/content_archive.h \
	tools/artifacts/content_hash.c tools/artifacts/content_hash.h \
	tools/artifacts/file_list.c tools/artifacts/file_list.h \
	tools/artifacts/file_list_walk.c
