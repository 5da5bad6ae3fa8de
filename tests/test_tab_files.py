"""A new tab is one file in its page's folder: shown in its place, linked and shared the moment it exists."""

from __future__ import annotations

import pytest
from test_tabs import drawn

from aecore.ui import tabs
from aecore.ui.pca import TABS

AVERAGE = '''
    """The mean of all images."""

    import streamlit as st
    from pydantic import Field

    from aecore.runs.spec import Spec
    from aecore.ui import tabs


    class Average(tabs.Tab):
        order = 1.5
        look_for = "What all images have in common. Which classes can be seen in it?"
        trains = False

        class Settings(tabs.Tab.Settings):
            gamma: float = Field(1.0, ge=0.1, le=10, description="Contrast.")

        def specs(self):
            return {"data": Spec(**self.given, architecture="linear", likelihood="gaussian")}

        def draw(self, pool, seats):
            run = seats["data"].run
            if run.data is not None:
                st.metric("Mean brightness", f"{run.data.train.images.mean() ** self.settings.gamma:.4f}")
'''


@pytest.fixture
def average(plant):
    assert "average" not in TABS
    plant("aecore.ui.pca", "average", AVERAGE)


def test_it_stands_in_its_place(average):
    assert list(TABS)[:3] == ["components", "average", "subspace"]
    assert len(TABS) == 7
    assert "words" not in TABS  # a file of the folder that is no tab


def test_it_is_shown_and_its_link_opens_it(average):
    app = drawn("pca", view="average", data="digits", gamma="2")
    assert not app.exception
    assert not app.warning
    assert app.metric[0].label == "Mean brightness"
    assert any("What all images have in common" in text.value for text in app.markdown)
    (link,) = (code.value for code in app.code if "view=average" in code.value)
    assert "gamma=2" in link


def test_tabs_of_one_place_are_sorted_by_name_and_two_in_one_file_are_refused(plant):
    plant(
        "aecore.ui.pca",
        "twice",
        AVERAGE + AVERAGE.replace("Average", "Other").replace('"""The mean of all images."""', ""),
    )
    with pytest.raises(TypeError, match="must define exactly one Tab"):
        TABS["twice"]
    assert issubclass(TABS["subspace"], tabs.Tab)
