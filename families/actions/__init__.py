"""What people do with families: found one, change it."""
