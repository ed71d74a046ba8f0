# What policies builds.
