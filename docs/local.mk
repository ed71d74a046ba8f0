# What docs builds.
