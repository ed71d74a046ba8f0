# Unit tests: messages.
