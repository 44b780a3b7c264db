"""Tests, by feature; what they share is in the modules at this level."""
