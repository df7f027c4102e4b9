"""What people do with accounts: open one, admit a holder."""
