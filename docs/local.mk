# What docs builds.
dist_man_MANS += docs/attestd.8 docs/attestd.conf.5
EXTRA_DIST += docs/releases.md
