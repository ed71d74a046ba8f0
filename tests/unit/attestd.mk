# Unit tests: attestd.
