import torch
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, Spatial
from aecore.autoencoder import Autoencoder
from aecore.capabilities import Quantises
from aecore.dataset import Batch, Facts
from aecore.model import Term

# How far from 0 entries start, as a standard deviation: about as far as an untrained encoder's vectors, for a codebook
# much wider than those is entered at a few places only.
SPREAD = 0.1
# Distances held at once: it bounds memory.
AT_ONCE = 4_000_000


class VQVAE(Autoencoder, Quantises):
    """-log p(x | e) + |sg[z] - e|^2 + beta |z - sg[e]|^2, e the entry nearest to z, sg[] held constant.

    Van den Oord, Vinyals and Kavukcuoglu 2017, equation 3. Beside it, an entry that nothing in a batch is nearest to
    is drawn to the vector nearest to it, or it could go unused for ever.
    """

    title = "VQ-VAE"
    summary = "Encodes each image as a small grid of entries from a codebook that it learns too."
    formula = (
        r"\begin{aligned}\min\;& -\log p(x \mid e) + \big\| \mathrm{sg}[z] - e \big\|^2\\"
        r"&+ \beta\, \big\| z - \mathrm{sg}[e] \big\|^2\\"
        r"&+ \tfrac{1}{K} \textstyle\sum_{k \in U} \min_{z'} \big\| \mathrm{sg}[z'] - e_k \big\|^2\\"
        r"&\text{with } e = \textstyle\arg\min_{e_k} \| z - e_k \|\end{aligned}"
    )
    letters = (
        "x: an image; z: the encoder's output, a vector for each cell of a grid; e_k: the codebook's K entries; "
        "e: the entry nearest to z, cell by cell, which the decoder p sees; sg: held constant; β: the commitment; "
        "U: the entries that no vector of a batch is nearest to; z': any of these vectors."
    )
    set_letters = {"e_k": "one of {entries}", "β": "{commitment}"}
    stands = {
        "reconstruction": r"-\log p(x \mid e)",
        "codebook": r"\big\| \mathrm{sg}[z] - e \big\|^2",
        "commitment": r"\beta\, \big\| z - \mathrm{sg}[e] \big\|^2",
        "unused": r"\tfrac{1}{K} \textstyle\sum_{k \in U} \min_{z'} \big\| \mathrm{sg}[z'] - e_k \big\|^2",
    }
    source = (
        "van den Oord, Vinyals and Kavukcuoglu (2017), Neural discrete representation learning, NIPS, equations 1 to 3"
    )
    # A cell stores one of so many entries, however long they are.
    regularised = True

    class Settings(Autoencoder.Settings):
        latent: int = Field(
            8,
            ge=1,
            le=64,
            description="Code dimensions of each cell.",
            json_schema_extra={"common": True, "log": True},
        )
        entries: int = Field(
            64,
            ge=2,
            le=512,
            description="Entries in the codebook; each cell takes one of them.",
            json_schema_extra={"common": True, "log": True},
        )
        commitment: float = Field(
            0.25, ge=0, le=10, description="Weight of the term that keeps the encoder's vectors near their entries."
        )

    @classmethod
    def takes(cls, architecture: type[Architecture]) -> bool:
        return issubclass(architecture, Spatial)

    def networks(self, architecture: Architecture, facts: Facts, rng: torch.Generator) -> tuple[nn.Module, nn.Module]:
        numbers = self.settings.latent
        self.grid = architecture.grid
        self.latent = self.grid[0] * self.grid[1] * numbers
        self.codebook = nn.Parameter(SPREAD * torch.randn(self.settings.entries, numbers, generator=rng))
        return architecture.grid_encoder(numbers, rng), architecture.grid_decoder(numbers, rng)

    @property
    def stored_numbers(self) -> int:
        return self.grid[0] * self.grid[1]

    def indices(self, images: Tensor) -> Tensor:
        """[B, rows, columns] which entry each cell of images [B, 1, H, W] is."""
        return nearest(self._vectors(images), self.codebook).unflatten(1, self.grid)

    def features(self, images: Tensor) -> Tensor:
        """[B, L] what the encoder puts out for images [B, 1, H, W], cell by cell, before it becomes entries."""
        return super().features(images).flatten(2).mT.flatten(1)

    def encode(self, images: Tensor) -> Tensor:
        return self.codebook[self.indices(images)].flatten(1)

    def placed(self, codes: Tensor) -> Tensor:
        return codes.unflatten(1, (*self.grid, -1)).movedim(3, 1)

    def _vectors(self, images: Tensor) -> Tensor:
        """[B, rows * columns, D] the features as one vector for each cell."""
        return self.features(images).unflatten(1, (self.stored_numbers, -1))

    def terms(self, batch: Batch, done: float, rng: torch.Generator) -> dict[str, Term]:
        vectors = self._vectors(batch.images)
        indices = nearest(vectors, self.codebook)
        entries = self.codebook[indices]
        # Straight through: the encoder gets the gradient of the decoder's input as if it had put it out itself.
        codes = vectors + (entries - vectors).detach()
        used = torch.zeros(len(codes), len(self.codebook), device=codes.device).scatter_(1, indices, 1)
        unit = "squared distance"
        return {
            "reconstruction": self.reconstruction(codes.flatten(1), batch.images),
            "codebook": Term(squared_distance(entries, vectors.detach()), 1.0, unit),
            "commitment": Term(squared_distance(vectors, entries.detach()), self.settings.commitment, unit),
            "unused": Term(self._way_back(vectors.detach(), used.amax(0) == 0), 1.0, unit),
            "entries_used": Term(used.sum(1).mean(), 0.0, "entries"),
        }

    def _way_back(self, vectors: Tensor, idle: Tensor) -> Tensor:
        """The squared distance of each ``idle`` entry from the vector nearest to it, summed; a mean over entries."""
        vectors, entries = vectors.flatten(0, 1), self.codebook[idle]
        return (entries - vectors[nearest(entries, vectors)]).square().sum() / len(self.codebook)


def squared_distance(ones: Tensor, others: Tensor) -> Tensor:
    """Squared distance between vectors [B, cells, D], summed over the cells of an image, mean over images."""
    return (ones - others).square().sum((1, 2)).mean()


@torch.no_grad()
def nearest(vectors: Tensor, points: Tensor) -> Tensor:
    """[...] the index, for each of vectors [..., D], of the nearest of points [K, D]."""
    rows, sizes = vectors.flatten(0, -2), points.square().sum(1)
    # In bf16 near entries could not be told apart.
    with torch.autocast(rows.device.type, enabled=False):
        parts = rows.split(max(1, AT_ONCE // len(points)))
        found = [torch.addmm(sizes, part, points.T, alpha=-2).argmin(1) for part in parts]
    return torch.cat(found).unflatten(0, vectors.shape[:-1])
