"""A kind of data that is no image, and all that it takes: sentences of a tiny grammar, and a model of their next words.

Each text is a file of its own; nothing else is told of them.
"""

GRAMMAR = '''
    """Sentences of a grammar of seven words."""

    from dataclasses import dataclass

    import numpy as np
    from pydantic import Field

    from aecore.dataset import Dataset, Source
    from aecore.examples import ExampleFacts, Examples
    from aecore.settings import Settings

    WORDS = ("the", "a", "dog", "cat", "sees", "hears", ".")
    # What may follow each word: article, noun, verb, article, noun, stop.
    NEXT = {0: (2, 3), 1: (2, 3), 4: (0, 1), 5: (0, 1)}


    @dataclass(frozen=True)
    class SentenceFacts(ExampleFacts):
        words: int

        def kept(self):
            return {"words": self.words}

        @classmethod
        def again(cls, kept):
            return cls(kept["words"])


    @dataclass(frozen=True, eq=False)
    class Sentences(Examples):
        kind, one, many, facts_class = "sentences", "sentence", "sentences", SentenceFacts
        tokens: np.ndarray

        def __len__(self):
            return len(self.tokens)

        def batch(self, rows, device):
            import torch

            return torch.from_numpy(self.tokens[rows]).to(device)

        def facts(self, classes):
            return SentenceFacts(len(WORDS))

        def check_beside(self, heldout, classes):
            if heldout.tokens.shape[1] != self.tokens.shape[1]:
                raise ValueError("both parts need sentences of one length")

        @property
        def nbytes(self):
            return self.tokens.nbytes


    class Grammar(Source):
        title, summary, gives = "Grammar", "Six words in a row, as a tiny grammar makes them.", Sentences

        class Settings(Settings):
            sentences: int = Field(400, ge=100, le=5_000, description="Sentences to train on.")

        def load(self, report):
            rng = np.random.Generator(np.random.PCG64(1))

            def some(count):
                made = rng.integers(0, 2, (count, 6))
                made += np.array([0, 2, 4, 0, 2, 0])
                made[:, 5] = 6
                return Sentences(made)

            return Dataset("grammar", some(self.settings.sentences), some(100))
'''
NEXT_WORD = '''
    """The next word from the one before."""

    import torch
    from torch import nn

    from aecore.model import Model, Term
    from aecore.settings import Settings
    from aecore.sources.grammar import Sentences


    class NextWord(Model):
        title, summary, learns = "Next word", "Guesses each word from the one before it.", Sentences
        formula, letters, source = r"-\\log p(w_t \\mid w_{t-1})", "w: words", "this test"
        stands = {"surprise": r"-\\log p(w_t \\mid w_{t-1})"}

        class Settings(Settings):
            pass

        def __init__(self, settings, facts, rng):
            super().__init__()
            self.settings = settings
            self.table = nn.Parameter(0.01 * torch.randn(facts.words, facts.words, generator=rng))

        def terms(self, batch, done, rng):
            found = nn.functional.cross_entropy(self.table[batch[:, :-1]].flatten(0, 1), batch[:, 1:].flatten())
            return {"surprise": Term(found * (batch.shape[1] - 1), 1.0, "nats")}
'''
EXHIBIT = '''
    """What follows each word."""

    from dataclasses import dataclass, replace

    from aecore.exhibit import Exhibit
    from aecore.exhibits.losses import Losses


    @dataclass(frozen=True)
    class Following(Losses):
        def look(self, model, now, before, scores=True):
            table = model.table.detach().softmax(1).numpy().copy()
            return replace(super().look(model, now, before, scores), shown={"following": table})
'''
DOOR = '''
    """The likeliest word after each."""

    import streamlit as st

    from aecore.ui import feed
    from aecore.ui.browser import words_drawing
    from aecore.ui.door import Door


    class SentencesDoor(Door):
        def beside(self, run, view, name, prefix):
            with st.container(key=f"{prefix}-following"):
                feed.follow(_following, [run], [view], key=f"{prefix}-following-words")


    def _following(views):
        from aecore.sources.grammar import WORDS

        table = views[0].newest.shown["following"]
        return words_drawing("; ".join(f"{word} {WORDS[table[i].argmax()]}" for i, word in enumerate(WORDS)))
'''
FILES = {
    ("aecore.sources", "grammar"): GRAMMAR,
    ("aecore.variants", "next_word"): NEXT_WORD,
    ("aecore.exhibits", "sentences"): EXHIBIT,
    ("aecore.ui.exhibits", "sentences"): DOOR,
}
