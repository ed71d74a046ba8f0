# What tools builds.
