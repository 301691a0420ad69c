"""What was sent, written down while it is sent: the ledger of open notes, and the tape."""
