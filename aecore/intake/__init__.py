"""What somebody draws or photographs, made into an image like those that models learn from."""
