"""Figures: arrays in, a plotly Figure out. No torch, no streamlit."""
