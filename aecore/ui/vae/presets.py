"""Tabs worth opening, as links to the page Variational autoencoder."""

VAE: dict[str, dict[str, object]] = {
    "one image, many codes": {"view": "inside"},
    "ten dimensions, one at a time": {"view": "traverse", "latent": 10},
    "a code that dies": {"view": "inside", "latent": 10, "beta": 30},
    "beta 4 after a warm-up": {"view": "inside", "latent": 10, "beta": 4, "warmup": 0.5},
    "digits to order": {"view": "generate", "variant": "cvae"},
    "what beta does": {"view": "beta"},
    "where is the decoder unsure?": {"view": "noise"},
    "one sigma for a whole image": {"view": "noise", "variant": "vae-sigma"},
    "do dimensions find the factors?": {"view": "factors"},
    "is a good copier a good model?": {"view": "scores", "latent": 10},
}
