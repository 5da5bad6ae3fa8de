"""Views worth opening, as links to the page Variational autoencoder."""

VAE: dict[str, dict[str, object]] = {
    "one image, many codes": {"view": "inside"},
    "ten numbers, one at a time": {"view": "traverse", "latent": 10},
    "a code that dies": {"view": "inside", "latent": 10, "beta": 30},
    "the cure: a warm-up": {"view": "inside", "latent": 10, "beta": 4, "warmup": 0.5},
    "digits to order": {"view": "generate", "variant": "cvae"},
    "what beta does": {"view": "beta"},
    "do numbers find the factors?": {"view": "factors"},
    "copying is not knowing": {"view": "scores", "latent": 10},
}
