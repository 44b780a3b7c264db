"""What must happen after a commit, written in it: delivered at least once, by idempotent receivers."""
