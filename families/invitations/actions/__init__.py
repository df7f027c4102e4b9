"""What becomes of an invitation: issued, sent again, answered, cancelled, expired."""
