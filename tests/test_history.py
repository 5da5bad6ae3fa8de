"""Back and forward: one page, one tab, one deliberate change is one entry of the browser's history."""

from __future__ import annotations

import re

import pytest
from browsing import expect, press, status

from aecore.ui.host import ScriptInHead

pytestmark = pytest.mark.browser
SMALL = "data=digits&images=300&epochs=1&width=16"
OPENED = [
    f"train?variant=vae&{SMALL}&v=1",
    f"latent?variant=vae&{SMALL}&v=1",
    f"vae?view=generate&{SMALL}&nonsense=1&v=1",
    f"compare?columns=2&{SMALL}&a.latent=3&v=1",
    "pca?view=clusters&data=digits&images=300&epochs=1",
    "",
]


def entries(page) -> int:
    return page.evaluate("history.length")


def opened(visit, path: str):
    """The page at rest, opened by a link, its number of entries then."""
    page = visit(path)
    if "v=1" in path:
        expect(status(page)).to_contain_text("finished")
    else:
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    return page


def tab(page, name: str) -> None:
    page.get_by_role("radiogroup").get_by_text(name, exact=True).first.click()


@pytest.mark.parametrize("path", OPENED)
def test_a_link_is_one_entry_whatever_the_address_becomes(visit, path):
    page = opened(visit, path)
    # The empty page that a new one begins with, and this.
    assert entries(page) == 2
    page.go_back()
    assert page.url == "about:blank"


def test_each_tab_and_each_change_is_one_entry_and_back_returns_through_all(visit):
    page = opened(visit, OPENED[1])
    for count, name in enumerate(("between", "numbers", "rewind"), 3):
        tab(page, name)
        expect(page).to_have_url(re.compile(f"view={name}"))
        expect(status(page)).to_contain_text("finished")
        assert entries(page) == count
    page.go_back()
    expect(page).to_have_url(re.compile("view=numbers"))
    # Otherwise what drives the browser may miss the next step, as it does two quick ones.
    expect(page.get_by_role("radiogroup").get_by_role("radio", name="numbers")).to_be_checked()
    expect(status(page)).to_contain_text("finished")
    page.go_back()
    expect(page).to_have_url(re.compile("view=between"))
    expect(page.get_by_role("radiogroup").get_by_role("radio", name="between")).to_be_checked()
    page.go_back()
    expect(page).not_to_have_url(re.compile("view="))
    page.go_forward()
    expect(page).to_have_url(re.compile("view=between"))
    assert entries(page) == 5


def test_back_pressed_again_before_the_first_is_answered_goes_two_back(visit):
    page = opened(visit, OPENED[1])
    for name in ("between", "numbers", "rewind"):
        tab(page, name)
        expect(page).to_have_url(re.compile(f"view={name}"))
        expect(status(page)).to_contain_text("finished")
    page.evaluate("() => { addEventListener('popstate', () => history.back(), { once: true }); history.back(); }")
    expect(page.get_by_role("radiogroup").get_by_role("radio", name="between")).to_be_checked()
    expect(status(page)).to_contain_text("finished")
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)
    # Asked of the page itself: of two quick steps back, what drives the browser hears of one.
    assert "view=between" in page.evaluate("location.search")


def test_presses_in_a_row_are_one_change_and_training_is_none(visit):
    page = visit(f"train?variant=plain&{SMALL}")
    expect(status(page)).to_contain_text("untrained")
    before = entries(page)
    more = page.get_by_test_id("stNumberInputStepUp").first
    more.click()
    more.click()
    expect(page).to_have_url(re.compile("latent=4"))
    assert entries(page) == before + 1
    press(page, "Train")
    expect(status(page)).to_contain_text("finished")
    expect(page).to_have_url(re.compile("trained="))
    assert entries(page) == before + 1
    page.go_back()
    expect(page.get_by_role("spinbutton", name="Latent")).to_have_value("2")


def test_another_page_of_the_menu_is_one_entry(visit):
    page = opened(visit, OPENED[0])
    before = entries(page)
    page.get_by_role("button", name="Explore").click()
    page.get_by_text("Latent space", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Latent space")
    # What Train has trained to its end by now is shown here as it is.
    expect(status(page)).to_contain_text(re.compile("untrained|finished"))
    assert entries(page) == before + 1
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Train an autoencoder")


def answered(kind: str, parts: list[bytes], accept: bytes = b"text/html,*/*") -> tuple[dict, bytes]:
    """Headers and body that reach the browser through ``ScriptInHead`` of an answer in ``parts``."""
    sent: list[dict] = []
    headers = [(b"content-type", kind.encode()), (b"content-length", str(sum(map(len, parts))).encode())]

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for number, part in enumerate(parts, 1):
            await send({"type": "http.response.body", "body": part, "more_body": number < len(parts)})

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "headers": [(b"accept", accept)]}
    # By hand, as nothing here waits: asyncio.run does not start beside the loop of the browser's tests.
    with pytest.raises(StopIteration):
        ScriptInHead(app, "go()")(scope, None, send).send(None)
    return dict(sent[0]["headers"]), b"".join(message.get("body", b"") for message in sent[1:])


@pytest.mark.parametrize("parts", [[b"<html><head><title>", b"</title></head>"], [b"<html><he", b"ad></head>"]])
def test_a_document_carries_the_script_first_and_says_its_length(parts):
    headers, body = answered("text/html; charset=utf-8", parts)
    assert body.startswith(b"<html><head><script>go()</script>")
    assert int(headers[b"content-length"]) == len(body)


@pytest.mark.parametrize(
    ("kind", "accept"), [("application/json", b"text/html"), ("text/html", b"*/*"), ("image/png", b"text/html,*/*")]
)
def test_all_else_passes_as_it_is(kind, accept):
    headers, body = answered(kind, [b"<head>", b"x"], accept)
    assert body == b"<head>x"
    assert headers[b"content-length"] == b"7"
