# What verifier builds.
