"""What tabs ask of trained models: a frozen Trained in, a frozen record out, and all three pickle."""
