"""What every capability needs and no business word names: database, clock, ids, money, history, outbox, forms."""
