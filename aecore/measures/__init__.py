"""Questions to a trained model: arrays in, numbers out, each with its unit."""
