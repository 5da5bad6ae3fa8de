"""Every page of the tests of views in one app: ``/atlas`` is ``atlas_view_app.py``, and so on."""

from pathlib import Path

import streamlit as st

FILES = sorted(Path(__file__).parent.glob("*_app.py"))
PAGES = [st.Page(file, url_path=file.name.partition("_")[0]) for file in FILES if "_view" in file.name]

st.navigation([st.Page(lambda: None, title="views", default=True), *PAGES], position="hidden").run()
