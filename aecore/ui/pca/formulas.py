"""What PCA, a linear autoencoder and k-means minimise: the tabs of the page PCA say which of them theirs is."""

from __future__ import annotations

from aecore.ui.explain import Formula


def pca(count: str) -> Formula:
    """What PCA with ``count`` components minimises."""
    return Formula(
        "PCA",
        r"\min_{U:\; U^\top U = I}\; \frac{1}{n} \sum_{i=1}^{n} "
        r"\big\| (x_i - \bar x) - U U^\top (x_i - \bar x) \big\|^2",
        "x: an image of d pixels; x̄: the mean image; n: the number of images; U: k directions at right angles, the "
        "leading eigenvectors of the images' covariance; k: how many are kept.",
        "Pearson (1901), On lines and planes of closest fit to systems of points in space, Philosophical Magazine 2; "
        "Hotelling (1933), Analysis of a complex of statistical variables into principal components, Journal of "
        "Educational Psychology 24",
        {"k": count},
    )


def linear(latent: int, tied: bool) -> Formula:
    """What a linear autoencoder with squared error minimises, whose decoder is its encoder turned round if ``tied``."""
    decoder = "W^\\top" if tied else "V"
    return Formula(
        "Linear autoencoder",
        rf"\min_{{{'W, b, c' if tied else 'V, W, b, c'}}}\; \frac{{1}}{{n}} \sum_{{i=1}}^{{n}} "
        rf"\big\| x_i - {decoder} \big(W (x_i - \bar x) + c\big) - b \big\|^2",
        "x: an image of d pixels; x̄: the mean image; n: the number of images; W, c: the encoder, m rows; "
        + ("b: what the decoder, the encoder's matrix turned round, adds" if tied else "V, b: the decoder")
        + "; m: the dimensions of a code.",
        "Bourlard and Kamp (1988), Auto-association by multilayer perceptrons and singular value decomposition, "
        "Biological Cybernetics 59; Baldi and Hornik (1989), Neural networks and principal component analysis: "
        "learning from examples without local minima, Neural Networks 2",
        {"m": str(latent)},
        "At the minimum the decoder's columns span PCA's first m components; nothing makes them PCA's own axes.",
    )


def k_means(count: int) -> Formula:
    """What k-means minimises with ``count`` clusters."""
    return Formula(
        "k-means",
        r"\min_{c_1, \dots, c_k}\; \frac{1}{n} \sum_{i=1}^{n} \min_{j}\, \| z_i - c_j \|^2",
        "z: an image's pixels, its PCA code or its autoencoder's code; n: the number of images; c: the centres; "
        "k: how many clusters.",
        "Lloyd (1982), Least squares quantization in PCM, IEEE Transactions on Information Theory 28; started by "
        "Arthur and Vassilvitskii (2007), k-means++: the advantages of careful seeding, SODA",
        {"k": str(count)},
    )
