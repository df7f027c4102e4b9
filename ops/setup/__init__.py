"""Making a new installation ready: its keys before the settings can be loaded, the rest with them."""
