# What docs builds.
dist_man_MANS += docs/attestd.8 docs/attestd.conf.5
EXTRA_DIST += docs/releases.md
dist_man_MANS += docs/verifierd.8 docs/verifierd.conf.5
