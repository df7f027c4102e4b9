"""One invitation's life; knows a family as an id and a name."""
