"""Ways to score a reconstruction, one file each; ``aecore.likelihood.likelihoods`` finds them."""
