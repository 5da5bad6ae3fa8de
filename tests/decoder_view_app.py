"""A page whose view has decoders and draws nothing; ``test_decoder_view.py`` writes what they are made of."""

import os
from pathlib import Path

import streamlit as st

from aecore.ui.browser.scripts import bundled

VIEW = """
import { decoderOf } from "./decoder.js";
import { present } from "./view.js";
export default function (component) {
  return present(component, { build: () => {}, take, draw: () => {} });
}

function take(state, header, arrays) {
  const made = Object.entries(header.decoders).map(([name, part]) => [name, decoderOf(part, arrays)]);
  Object.assign(window, { decoders: Object.fromEntries(made), arrays });
}
"""

view = st.components.v2.component("tests.decoder", html='<div class="view"></div>', js=bundled(VIEW))
view(key="decoders", data=(Path(os.environ["AECORE_HOME"]) / "decoders.bin").read_bytes())
