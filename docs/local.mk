# What docs builds.
dist_man_MANS += docs/attestctl.1
EXTRA_DIST += docs/decisions docs/guides docs/evidence-file.md docs/operations.md docs/protocol.md docs/releases.md docs/threat-model.md
man_MANS += docs/local/attestd.8 docs/local/attestd.conf.5 docs/local/verifierd.8 docs/local/verifierd.conf.5
CLEANFILES += docs/local/attestd.8 docs/local/attestd.conf.5 docs/local/verifierd.8 docs/local/verifierd.conf.5
EXTRA_DIST += docs/attestd.8 docs/attestd.conf.5 docs/verifierd.8 docs/verifierd.conf.5
docs/local/attestd.8: docs/attestd.8 Makefile
	$(localised) $(srcdir)/docs/attestd.8 >$@
docs/local/attestd.conf.5: docs/attestd.conf.5 Makefile
	$(localised) $(srcdir)/docs/attestd.conf.5 >$@
docs/local/verifierd.8: docs/verifierd.8 Makefile
	$(localised) $(srcdir)/docs/verifierd.8 >$@
docs/local/verifierd.conf.5: docs/verifierd.conf.5 Makefile
	$(localised) $(srcdir)/docs/verifierd.conf.5 >$@
