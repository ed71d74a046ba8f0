# Unit tests: logs.
