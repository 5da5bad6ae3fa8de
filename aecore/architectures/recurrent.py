import torch
from pydantic import Field
from torch import Tensor, nn

from aecore.architecture import Architecture, layer


class Recurrent(Architecture):
    """One LSTM reads an image row by row, another writes it row by row (Srivastava et al. 2015).

    A linear layer makes the code of the reader's last state. The writer starts in a state made of the code and is
    given the code, not what it has written, at every row.
    """

    title = "Recurrent (LSTM)"
    summary = "Reads the image row by row into a memory; from the code it writes the image row by row."

    class Settings(Architecture.Settings):
        width: int = Field(88, ge=8, le=512, description="Units in each LSTM.", json_schema_extra={"log": True})

    def encoder(self, outputs: int, rng: torch.Generator, channels: int = 1) -> nn.Module:
        units = self.settings.width
        reader = Reader(channels * self.shape[1], units, rng)
        return nn.Sequential(reader, layer(nn.Linear, 2 * units, outputs, rng=rng))

    def decoder(self, latent: int, rng: torch.Generator, encoder: nn.Module) -> nn.Module:
        (height, width), units = self.shape, self.settings.width
        last = layer(nn.Linear, units, width, rng=rng, bias=False)
        return nn.Sequential(Writer(latent, units, height, rng), last, nn.Unflatten(1, (1, height)))


class Reader(nn.Module):
    """From images [B, channels, H, W] to the last hidden and cell state, [B, 2U], of U units.

    torch.nn.LSTM, but written out: that one is faster and has neither forward-mode derivatives nor vmap, which the
    Jacobian of an encoder needs.
    """

    drawn_as = "LSTM that reads row by row"

    def __init__(self, inputs: int, units: int, rng: torch.Generator):
        super().__init__()
        self.units = units
        self.of_row = layer(nn.Linear, inputs, 4 * units, rng=rng)
        self.of_hidden = layer(nn.Linear, units, 4 * units, rng=rng, bias=False)
        _open_forget_gates(self.of_row.bias)

    def forward(self, images: Tensor) -> Tensor:
        rows = images.permute(2, 0, 1, 3).flatten(2)  # [H, B, channels * W]
        given = self.of_row(rows)
        # Cast once: autocast would do it at every row.
        weights = self.of_hidden.weight.T.to(given.dtype)
        hidden = cell = given.new_zeros(len(images), self.units)
        for row in given.unbind(0):
            enter, forget, new, leave = torch.addmm(row, hidden, weights).chunk(4, dim=1)
            cell = forget.sigmoid() * cell + enter.sigmoid() * new.tanh()
            hidden = leave.sigmoid() * cell.tanh()
        return torch.cat([hidden, cell], dim=1)


class Writer(nn.Module):
    """From codes [B, L] to the hidden state at each row of an image, [B, H, U]."""

    drawn_as = "LSTM that writes row by row"

    def __init__(self, latent: int, units: int, height: int, rng: torch.Generator):
        super().__init__()
        self.height = height
        self.start = layer(nn.Linear, latent, 2 * units, rng=rng)
        self.lstm = layer(nn.LSTM, latent, units, rng=rng)
        _open_forget_gates(self.lstm.bias_ih_l0)

    def forward(self, codes: Tensor) -> Tensor:
        hidden, cell = (half.contiguous() for half in self.start(codes).tanh()[None].chunk(2, dim=2))
        states, _ = self.lstm(codes.expand(self.height, -1, -1), (hidden, cell))
        return states.transpose(0, 1)


@torch.no_grad()
def _open_forget_gates(bias: Tensor) -> None:
    """Or memory would halve at every row until training has opened them (Jozefowicz et al. 2015)."""
    bias.chunk(4)[1].fill_(1)
