# What attestd builds.
