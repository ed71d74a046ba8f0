# What lib/daemon builds.
