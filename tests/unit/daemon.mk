# Unit tests: daemon.
