# What lib/messages builds.
