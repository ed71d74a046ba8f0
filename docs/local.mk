# What docs builds.
dist_man_MANS += docs/attestctl.1 docs/attestd.8 docs/attestd.conf.5
EXTRA_DIST += docs/decisions docs/guides docs/evidence-file.md docs/operations.md docs/protocol.md docs/releases.md docs/threat-model.md
dist_man_MANS += docs/verifierd.8 docs/verifierd.conf.5
