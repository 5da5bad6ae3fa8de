"""Streamlit doors: widgets, live canvases, share links."""
