"""What keeps the system running; knows no app: checks, panels and metrics register here."""
