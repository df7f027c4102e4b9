"""The operator console: finds and explains; changes only by actions."""
