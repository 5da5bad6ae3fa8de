"""Sessions: what to train (Spec), its training (Run), who trains when (Pool), what is kept (Store)."""
