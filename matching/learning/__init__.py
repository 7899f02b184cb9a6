"""What outcomes teach: a model of accepting and winning, its check on later weeks, the contest that lets it rank."""
