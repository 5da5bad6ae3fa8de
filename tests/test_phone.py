"""What a narrow screen has little room for: the menu over the page, buttons over a chart."""

from __future__ import annotations

import pytest
from browsing import expect

pytestmark = pytest.mark.browser

# How a phone's browser calls itself: Streamlit then closes the menu by itself.
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/126.0.0.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize("agent", [{}, {"user_agent": PHONE}], ids=["narrow window", "phone"])
def test_the_menu_closes_after_a_choice_on_a_narrow_screen(visit, agent):
    page = visit("train", size=(390, 844), has_touch=True, **agent)
    page.get_by_role("heading", name="Train an autoencoder").wait_for()
    page.wait_for_function("window.aecoreMenu")
    for title, heading in (("Compare", "Compare autoencoders"), ("Train", "Train an autoencoder")):
        page.get_by_test_id("stExpandSidebarButton").click()
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar).to_have_attribute("data-collapsed", "false")
        page.get_by_test_id("stSidebarNavLink").filter(has_text=title).click()
        page.get_by_role("heading", name=heading).wait_for()
        expect(sidebar).to_have_attribute("data-collapsed", "true")
        # And stays closed.
        expect(page.get_by_test_id("stExpandSidebarButton")).to_be_visible()


def test_nothing_lies_over_the_legend_of_a_chart(visit):
    page = visit("pca", size=(390, 844))
    charts = page.get_by_test_id("stPlotlyChart")
    charts.first.locator(".legend .traces").first.wait_for()
    for chart in charts.all():
        chart.hover()
        assert chart.locator(".modebar-btn").count() == 0
