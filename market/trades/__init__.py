"""The operators' desk of the trades: a pack uploaded, checked, previewed and published, gone back from, retired."""
