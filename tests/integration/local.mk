# Integration tests: real processes, swtpm, sockets.
