"""The marketplace: one folder a business capability, three doors (web, worker, cli) to the same wiring."""
