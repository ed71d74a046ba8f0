# What tpm builds.
