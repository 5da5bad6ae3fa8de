"""Kinds of settings, one file each; ``aecore.kind.kinds`` finds them."""
