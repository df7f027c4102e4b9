"""What people do about themselves: register, sign in, sign out."""
