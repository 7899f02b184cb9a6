"""What outcomes teach: forecasts checked on later weeks, and the contest that decides which model ranks."""
