"""Autoencoders of the lectures: trained live, seen, shared as a link. Names load on first use, torch with them."""
