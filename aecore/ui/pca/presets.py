"""Tabs worth opening, as links to the page PCA."""

PCA: dict[str, dict[str, object]] = {
    "two dimensions, beside a linear VAE": {"view": "subspace", "latent": 2},
    "ten dimensions": {"view": "subspace", "latent": 10},
    "thirty dimensions: which component comes last?": {"view": "subspace", "latent": 30},
    "ten dimensions, beside nested dropout": {"view": "subspace", "latent": 10, "beside": "nested"},
    "tied weights": {"view": "subspace", "latent": 10, "tied": "true"},
    "a swiss roll": {"view": "curved", "sheet": "swiss-roll"},
    "a thread through an S": {"view": "curved", "sheet": "s-curve", "latent": 1},
    "what each code size loses": {"view": "price"},
    "cut a code short": {"view": "ordered"},
    "do clusters find digits?": {"view": "clusters"},
}
