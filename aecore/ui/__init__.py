"""Streamlit doors: widgets, live views, share links."""
