"""The outbox: mail is queued in the unit of the change that it tells of, and sent afterwards."""
