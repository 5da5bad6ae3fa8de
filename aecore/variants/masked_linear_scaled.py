from aecore.masking import MaskedLinear


class MaskedLinearScaled(MaskedLinear):
    """z = A x~ / p + c with p the share of the pixels that is kept, and D(z) = B z + b: dropout on the inputs.

    Srivastava et al. 2014, section 10, with the scaling at training; x~ is centred and 0 where it is hidden.
    """

    title = "Masked linear, kept pixels scaled up"
    summary = "One matrix maps the visible pixels to the code; scaling them up makes up for the hidden ones."
    formula = (
        r"\begin{aligned}\min_{A, B, b, c}\;& \mathbb{E}_{m}\, \|x - B z - b\|^2\\"
        r"& z = A\,\tfrac{1}{p}\, m \odot (x - \bar x) + c\end{aligned}"
    )
    letters = (
        "x: an image; x̄: the mean image; m: 1 where a pixel is seen and 0 where it is hidden, drawn anew each time; "
        "p: the share of the image's pixels that is seen; z: the code; A, c: the encoder; B, b: the decoder."
    )
    set_letters = {"p": "1 − {hidden_share}"}
    stands = {"reconstruction": r"\|x - B z - b\|^2"}
    source = (
        "Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov (2014), Dropout: a simple way to prevent "
        "neural networks from overfitting, JMLR 15, section 10"
    )
