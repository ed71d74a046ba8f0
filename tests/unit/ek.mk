# Unit tests: ek.
