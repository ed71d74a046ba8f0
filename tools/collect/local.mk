# Golden values of a reference machine, or of what one is built from.
attestctl_SOURCES += \
	tools/collect/boot_draft.c tools/collect/boot_draft.h \
	tools/collect/boot_files.c tools/collect/boot_files.h \
	tools/collect/command_release_check.c \
	tools/collect/command_release_collect.c \
	tools/collect/draft_image.c tools/collect/draft_image.h \
	tools/collect/early_built.c \
	tools/collect/early_directory.c \
	tools/collect/early_root.c tools/collect/early_root.h \
	tools/collect/release_artifacts.c tools/collect/release_artifacts.h \
	tools/collect/release_boot.c \
	tools/collect/release_boot_chain.c \
	tools/collect/release_check_log.c \
	tools/collect/release_classes.c \
	tools/collect/release_collect.h \
	tools/collect/release_collect_files.c \
	tools/collect/release_collect_options.c \
	tools/collect/release_ima.c tools/collect/release_ima.h \
	tools/collect/release_ima_rules.c \
	tools/collect/release_initramfs.c \
	tools/collect/release_nearest.c \
	tools/collect/release_report.c \
	tools/collect/release_uki.c \
	tools/collect/release_validation.c tools/collect/release_validation.h \
	tools/collect/set_writer.c tools/collect/set_writer.h
