"""What every command of both engines shares: how commands are found and fail, values of options, progress bars."""
