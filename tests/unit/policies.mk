# Unit tests: policies.
