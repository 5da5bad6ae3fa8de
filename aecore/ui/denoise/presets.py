"""Tabs worth opening, as links to the page Denoising."""

# A denoiser of convolutions alone, which learns from small batches.
GRID = {"variant": "denoising-grid", "batch_size": 50, "learning_rate": 6e-3}

DENOISE: dict[str, dict[str, object]] = {
    "trained for it": {"view": "before"},
    "trained for something else": {"view": "before", "damage": "masking"},
    "never shown any damage": {"view": "before", "variant": "plain", "latent": 32},
    "a watermark taken off": {
        "view": "before",
        **GRID,
        "corruption": "watermark",
        "damage": "watermark",
        "level": 0.6,
        "blocks": 1,
        "epochs": 6,
    },
    "draw your own": {"view": "own", "start": "empty"},
    "drag a hole (context encoder)": {"view": "own", "variant": "context"},
    "the bottom half from the top": {
        "view": "own",
        "variant": "context",
        "moving": "false",
        "hole_top": 0.5,
        "hole_height": 0.5,
        "hole_width": 1,
        "hole_left": 0,
    },
    "against the classical filters": {"view": "curves"},
    "a convolutional denoiser": {"view": "curves", **GRID, "width": 24, "blocks": 2, "epochs": 12},
    "why it works: arrows": {"view": "arrows"},
    "arrows on a spiral": {"view": "arrows", "curve": "spiral"},
    "filling in hidden pixels": {"view": "masked"},
    "downhill in T steps": {"view": "unrolled"},
    "a stained page, cleaned whole": {"view": "documents"},
    "creases taken off a page": {"view": "documents", "damage": "folds"},
    "noise in colour": {"view": "colour"},
    "damage memorised": {"view": "before", "fresh": "false", "images": 500, "epochs": 100},
}
