# Unit tests: verifier.
