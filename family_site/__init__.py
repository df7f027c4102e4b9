"""What is served, and who signs in: settings, routes, the server's entrance, identity."""

__version__ = "0.1.0"
