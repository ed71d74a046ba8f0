# Unit tests: tpm.
