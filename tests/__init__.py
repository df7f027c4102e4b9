"""The test suite: it mirrors the apps; ``e2e`` starts the real processes, ``faults`` kills and delays."""
