"""What the stories stand on: a running server, people with devices, and the frames they exchange."""
