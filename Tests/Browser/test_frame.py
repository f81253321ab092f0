"""What holds for every page: width, theme, language, keyboard, a host that goes and comes back, libraries that are missing."""

import importlib.resources

import pytest
from playwright.sync_api import expect

from conftest import AWAY

# The address, and the title in English and Chinese.
PAGES = {
    "overview": ("", "Overview", "总览"), "instrument": ("#/instrument", "AAPL.US", "AAPL.US"), "models": ("#/models", "Models", "模型"),
    "providers": ("#/providers", "Providers", "数据源"), "risk": ("#/risk", "Risk", "风险"), "plugins": ("#/plugins", "Plugins", "插件"),
    "about": ("#/about", "About", "关于"),
}
NAMES = ["Overview", "Instrument", "Models", "Providers", "Risk", "Plugins", "About"]


@pytest.mark.parametrize("width,theme", [(360, "light"), (360, "dark"), (1600, "light"), (1600, "dark"), (3840, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_fits(host, open_page, shot, name, width, theme):
    place, title, _ = PAGES[name]
    page = open_page(host, place, width=width, theme=theme)
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#online")).to_have_text("live")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    assert page.evaluate("document.documentElement.dataset.theme") == theme
    shot(page, f"{name}-{width}-{theme}")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_speaks_chinese(host, open_page, shot, name):
    place, _, title = PAGES[name]
    page = open_page(host, place, language="zh")
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator("#online")).to_have_text("实时")
    expect(page.get_by_text("载入中…")).to_have_count(0)
    assert page.evaluate("document.documentElement.lang") == "zh"
    shot(page, f"{name}-zh")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_in_any_page(host, open_page, name, theme):
    page = open_page(host, PAGES[name][0], width=1280, theme=theme)
    expect(page.locator("h1")).to_have_text(PAGES[name][1])
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.evaluate((importlib.resources.files("axe_playwright_python") / "axe.min.js").read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert not [(one["impact"], one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in found]


def test_in_chinese_a_price_that_falls_is_green(host, open_page):
    colors = {}
    for language in ["en", "zh"]:
        page = open_page(host, "#/instrument/AAPL.US", theme="light", language=language)
        expect(page.locator("#newest .down")).to_have_text("-2.48%")
        colors[language] = page.locator("#newest .down").evaluate("(one) => getComputedStyle(one).color")
    assert colors == {"en": "rgb(192, 45, 60)", "zh": "rgb(10, 127, 85)"}


def test_language_and_theme_are_chosen_and_kept(host, open_page):
    page = open_page(host)
    page.get_by_label("Theme").select_option("light")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.get_by_label("Language").select_option("zh")
    expect(page.locator("h1")).to_have_text("总览")
    assert page.evaluate("[localStorage['penstock.theme'], localStorage['penstock.language']]") == ["light", "zh"]


def test_the_keyboard_reaches_every_page(host, open_page):
    page = open_page(host)
    expect(page.locator("h1")).to_have_text("Overview")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Go to the page")).to_be_focused()
    names = []
    for _ in range(len(NAMES) + 2):
        page.keyboard.press("Tab")
        names.append(page.evaluate("document.activeElement.textContent"))
    assert names[0] == "Penstock" and names[1:len(NAMES) + 1] == NAMES
    page.get_by_role("link", name="About").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("About")


def test_without_preact_the_page_says_how_to_get_it(host, open_page):
    page = open_page(
        host, allow="404|Failed to fetch|dynamically imported", prepare=lambda page: page.route(
            "**/libraries/preact-htm.js", lambda route: route.fulfill(status=404, body="")))
    expect(page.get_by_role("alert")).to_contain_text("make dashboard-libraries")


def test_a_host_that_is_killed_comes_back_without_a_reload_of_the_page(make_host, open_page):
    paced = make_host(edit=lambda text: text.replace("path: data/history\n", "path: data/history\n    pace: 400ms\n    batch: 8\n"))
    page = open_page(paced, allow=AWAY)
    page.evaluate("window.mark = 1")
    expect(page.locator("#online")).to_have_text("live")
    accepted = lambda: int(page.locator(".graph").inner_text().split(" accepted")[0].split()[-1].replace(",", ""))
    expect(page.locator(".graph")).to_contain_text(" accepted of ")
    expect(page.locator(".graph .rate")).not_to_have_text("0 a second")
    paced.kill()
    expect(page.locator("#online")).to_contain_text("reconnecting")
    expect(page.get_by_role("alert").first).to_contain_text("does not answer")
    paced.start()
    expect(page.locator("#online")).to_have_text("live")
    expect(page.locator(".graph .rate")).not_to_have_text("0 a second")
    assert page.evaluate("window.mark") == 1
    expect(page.get_by_text("does not answer")).to_have_count(0)
    expect(page.locator(".graph")).not_to_contain_text(f"\n{accepted():,} accepted")
