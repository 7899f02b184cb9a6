"""What it costs to learn from many outcomes."""
