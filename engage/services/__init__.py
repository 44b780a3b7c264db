"""The processes of a house: an embedded Valkey, and one supervisor over web, workers, scheduler."""
