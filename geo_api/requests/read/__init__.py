"""What is told of requests: lists, files, sums, history, live events."""
