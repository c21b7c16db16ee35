"""What students hand in: opening it safely, and the sample hand-ins that the demo grades."""
