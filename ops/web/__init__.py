"""HTTP: how a request is read, refused and answered, the same for every app."""
