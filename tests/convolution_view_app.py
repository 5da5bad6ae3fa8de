"""A page with the view of a convolution, for ``test_convolution_view.py``."""

import streamlit as st

from aecore.ui.browser.steps import convolution

st.set_page_config(layout="wide")
st.button("Rerun")
convolution("convolution")
