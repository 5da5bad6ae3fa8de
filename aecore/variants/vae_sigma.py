import math

from torch import Tensor

from aecore.own_sigma import OwnSigma

# No sigma below one of 256 grey steps: a density of what is stored in such steps has no use for less.
LOWEST_LOG_VARIANCE = 2 * math.log(1 / 256)


class VAESigma(OwnSigma):
    """-ELBO with p(x | z) = N(mu(z), sigma(z)^2 I): one sigma an image, a function of its code.

    Kingma and Welling 2014, appendix C.2, with one sigma for all pixels in place of one for each.
    """

    title = "VAE with its own sigma"
    summary = "A VAE whose decoder also predicts, for each code, how large its error will be."
    formula = (
        r"\begin{aligned}\min_{q, \mu, \sigma}\;& \mathbb{E}_{q(z \mid x)}\Big[\tfrac{\|x - \mu(z)\|^2}{2 \sigma(z)^2}"
        r" + \tfrac{d}{2} \log 2 \pi \sigma(z)^2\Big]\\"
        r"&+ \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\end{aligned}"
    )
    letters = (
        "x: an image of d pixels; z: its code; q: the encoder, a normal distribution for each image; μ: the decoded "
        "image; σ: the expected error of a pixel, one value per code; N(0, I): the standard normal."
    )
    stands = {
        "reconstruction": r"\tfrac{\|x - \mu(z)\|^2}{2 \sigma(z)^2} + \tfrac{d}{2} \log 2 \pi \sigma(z)^2",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
    }

    per_pixel = False
    lowest = LOWEST_LOG_VARIANCE

    def log_variance(self, codes: Tensor) -> Tensor:
        """[B] log sigma(z)^2 of codes [B, L], bent to stay between its lowest and its highest value."""
        return self.bent(codes)[:, 0]

    def sigma(self, codes: Tensor) -> Tensor:
        """[B, 1, H, W] the expected error of each pixel: here one value for all of an image."""
        return (self.log_variance(codes) / 2).exp()[:, None, None, None].expand(-1, 1, *self.mean.shape[2:])
