"""Live pages: one stream of server-sent events per browser, fed by one subscription per process."""
