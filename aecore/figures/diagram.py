"""The drawing on Home: an image, squeezed through a few numbers, and rebuilt."""

from __future__ import annotations

# A 7 as strokes of a pen, and the same a little blurred: drawn, not data.
_SEVEN = "M14 16 H42 L26 46"


def autoencoder_svg() -> str:
    """An SVG of encoder, code and decoder, in the page's own text colour, with its description inside."""
    return f"""
<svg viewBox="0 0 720 170" role="img" aria-labelledby="ae-title" style="width:100%;max-width:820px;height:auto"
     fill="none" stroke="currentColor" stroke-width="2" font-family="inherit">
  <title id="ae-title">An image of a handwritten 7 goes into the encoder, which narrows to a code of two numbers;
  the decoder widens from the code to a rebuilt, slightly blurred 7. The loss compares the two images.</title>
  {_picture(8, "", "image x")}
  {_arrow(88, 128)}
  <path d="M132 16 L262 52 V92 L132 128 Z"/>
  <text x="190" y="77" {_LABEL}>encoder</text>
  {_arrow(266, 304)}
  <g fill="currentColor" fill-opacity=".12"><rect x="310" y="44" width="100" height="56" rx="8"/></g>
  <text x="360" y="67" {_LABEL}>code z</text>
  <text x="360" y="88" {_LABEL}>(1.3, -0.4)</text>
  {_arrow(416, 454)}
  <path d="M588 16 L458 52 V92 L588 128 Z"/>
  <text x="530" y="77" {_LABEL}>decoder</text>
  {_arrow(592, 632)}
  {_picture(640, 'filter="url(#ae-soft)" stroke-opacity=".75"', "rebuilt x&#770;")}
  <path d="M44 136 V156 H676 V136" stroke-dasharray="5 5" stroke-width="1.5"/>
  <text x="360" y="150" {_LABEL}>loss: how far apart?</text>
  <defs><filter id="ae-soft"><feGaussianBlur stdDeviation="1.6"/></filter></defs>
</svg>"""


_LABEL = 'fill="currentColor" stroke="none" text-anchor="middle" font-size="15"'


def _picture(x: int, ink: str, label: str) -> str:
    return f"""<g transform="translate({x} 36)"><rect width="72" height="72" rx="6" fill="currentColor"
    fill-opacity=".08"/><path transform="translate(8 4)" d="{_SEVEN}" stroke-width="6" stroke-linecap="round"
    stroke-linejoin="round" {ink}/><text x="36" y="-10" {_LABEL}>{label}</text></g>"""


def _arrow(start: int, end: int) -> str:
    return f'<path d="M{start} 72 H{end} m-8 -6 l8 6 l-8 6"/>'
