"""Who is kept out, and who is let in nevertheless."""
