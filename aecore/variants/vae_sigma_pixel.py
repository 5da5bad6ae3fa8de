import math

from torch import Tensor

from aecore.own_sigma import OwnSigma

# No sigma below a sixteenth: a pixel at the border may be black in all training images and lit in one held out, which
# at a sigma of one grey step would cost 32,000 nats.
LOWEST_LOG_VARIANCE = 2 * math.log(1 / 16)


class VAESigmaPixel(OwnSigma):
    """-ELBO with p(x | z) = prod_i N(mu_i(z), sigma_i(z)^2): a sigma for every pixel (Kingma and Welling 2014, C.2)."""

    title = "VAE with a sigma for every pixel"
    summary = "A VAE whose decoder also predicts, for each pixel, how large its error will be."
    formula = (
        r"\begin{aligned}\min_{q, \mu, \sigma}\;& \mathbb{E}_{q(z \mid x)}\sum_i \Big[\tfrac{(x_i - \mu_i(z))^2}"
        r"{2 \sigma_i(z)^2} + \tfrac{1}{2} \log 2 \pi \sigma_i(z)^2\Big]\\"
        r"&+ \mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)\end{aligned}"
    )
    letters = (
        "x: an image, xᵢ one of its pixels; z: its code; q: the encoder, a normal distribution for each image; μᵢ: the "
        "decoded pixel; σᵢ: its expected error, a function of the code; N(0, I): the standard normal."
    )
    stands = {
        "reconstruction": r"\tfrac{(x_i - \mu_i(z))^2}{2 \sigma_i(z)^2} + \tfrac{1}{2} \log 2 \pi \sigma_i(z)^2",
        "kl": r"\mathrm{KL}\big(q(z \mid x) \,\|\, \mathcal{N}(0, I)\big)",
    }

    per_pixel = True
    lowest = LOWEST_LOG_VARIANCE

    def log_variance(self, codes: Tensor) -> Tensor:
        """[B, 1, H, W] log sigma_i(z)^2 of codes [B, L], bent to stay between its lowest and its highest value."""
        return self.bent(codes).unflatten(1, self.mean.shape[1:])

    def sigma(self, codes: Tensor) -> Tensor:
        return (self.log_variance(codes) / 2).exp()
