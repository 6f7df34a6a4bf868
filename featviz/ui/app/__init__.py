"""The server: its frame, addresses, routes and warm-up."""
