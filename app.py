"""The app: ``streamlit run app.py``. This file lists the pages and nothing else.

The server imports it for ``app``; every visit then runs it as a script.
"""

import streamlit as st

from aecore.ui import engine, host, shell

if __name__ != "__main__":
    app = st.App(
        __file__,
        routes=host.routes(),
        middleware=host.middleware(),
        lifespan=host.lifespan,
        on_script_error=host.sorry,
    )
else:
    st.set_page_config("Autoencoders, live", "docs/icon.png", layout="wide")
    engine.warm_up()
    page = st.navigation(
        {
            "Start": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
            "Learn": [
                st.Page("pages/train.py", title="Train", icon=":material/play_arrow:", url_path="train"),
                st.Page("pages/compare.py", title="Compare", icon=":material/compare:", url_path="compare"),
                st.Page("pages/pca.py", title="PCA", icon=":material/line_axis:", url_path="pca"),
                st.Page("pages/denoise.py", title="Denoising", icon=":material/auto_fix_high:", url_path="denoise"),
                st.Page("pages/vae.py", title="Variational", icon=":material/blur_on:", url_path="vae"),
            ],
            "Explore": [
                st.Page("pages/latent.py", title="Latent space", icon=":material/scatter_plot:", url_path="latent"),
            ],
        },
        position="top",
    )
    shell.dress(page.url_path)
    with engine.goes_first():
        page.run()
