"""Sign-in at another provider, by OpenID Connect: what it is asked, and what the browser carries."""
