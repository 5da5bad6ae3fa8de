"""Tabs worth opening, as links to the page Latent space."""

LATENT: dict[str, dict[str, object]] = {
    "a map of digits": {"variant": "vae"},
    "a walk, beside a plain autoencoder": {"view": "between", "variant": "vae", "beside": "plain", "a": 0, "b": 13},
    "32 dimensions, laid out by UMAP": {"variant": "vae", "latent": 32, "projection": "umap"},
    "a slice through 16 dimensions": {"view": "slice", "variant": "vae", "latent": 16},
    "draw a digit": {"view": "draw", "variant": "vae"},
    "a code of 49 cells": {"variant": "vq-vae"},
    "decode as another digit": {"variant": "cvae", "latent": 2},
    "which dimensions are used": {"view": "numbers", "variant": "vae", "latent": 16, "beta": 4},
    "rewind": {"view": "rewind", "variant": "vae"},
}
