import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, Spatial
from aecore.dataset import Facts
from aecore.restoring import Restoring


class DenoisingGrid(Restoring):
    """min over D, E of E[loss(x, D(E(x~)))], E and D made of convolutions alone, the code a grid of cells.

    Vincent et al. 2008, section 2.3. ``reconstruct`` takes images of any size; of another than it was trained on, the
    mean image's mean stands for the mean image.
    """

    title = "Convolutional denoiser"
    summary = (
        "A denoising autoencoder whose code is a grid of cells: it restores images of any size, such as whole pages."
    )
    source = (
        "Vincent, Larochelle, Bengio and Manzagol (2008), Extracting and composing robust features with denoising"
        " autoencoders, ICML, section 2.3; without fully connected layers, Long, Shelhamer and Darrell (2015), "
        "Fully convolutional networks for semantic segmentation, CVPR"
    )
    any_size = True

    class Settings(Restoring.Settings):
        latent: int = Field(
            32,
            ge=1,
            le=64,
            description="Code dimensions of each cell.",
            json_schema_extra={"common": True, "log": True},
        )

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        return issubclass(architecture, Spatial)

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        numbers, self.grid = self.settings.latent, architecture.grid
        self.latent = self.grid[0] * self.grid[1] * numbers
        return architecture.grid_encoder(numbers, rng), architecture.grid_decoder(numbers, rng)

    def features(self, images: Tensor) -> Tensor:
        return super().features(images).flatten(1)

    def placed(self, codes: Tensor) -> Tensor:
        return codes.unflatten(1, (-1, *self.grid))

    def rebuild(self, images: Tensor) -> Tensor:
        height, width = images.shape[2:]
        if (height, width) == self.shape:
            return super().rebuild(images)
        # Two sizes halve to the same one, and the decoder knows its own alone: some of the margin may be lost.
        margins = [2 * -(-side // cells) for side, cells in zip(self.shape, self.grid, strict=True)]
        wider = F.pad(images, (0, margins[1], 0, margins[0]), mode="replicate")
        outputs = self.decoder(self.encoder(wider - self.mean.mean())) + self.output_bias.mean()
        return outputs[..., :height, :width]
