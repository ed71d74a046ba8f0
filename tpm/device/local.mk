# What tpm/device builds.
