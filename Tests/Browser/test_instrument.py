"""Instrument, by what a person sees."""

import json
import re
import urllib.request

from playwright.sync_api import expect

from conftest import AWAY, ROOT, is_drawn


def test_it_draws_candles_indicators_and_what_came_of_predictions(host, open_page):
    page = open_page(host, "#/instrument/AAPL.US")
    expect(page.locator(".legend").first).to_contain_text("sma")
    expect(page.locator(".legend").first).to_contain_text("next_day: predicted")
    assert is_drawn(page, ".chart")
    newest = page.locator("#newest")
    expect(newest).to_contain_text("56.14")
    expect(newest).to_contain_text("-2.48%")
    expect(newest).to_contain_text("adjusted")
    expect(newest.locator("tr", has_text="next_day_linear")).to_contain_text("0.00103")
    origin = page.locator("#origin")
    expect(origin).to_contain_text("history")
    expect(origin).to_contain_text("151,295,025")


def test_a_row_outside_of_what_was_learned_is_marked_and_has_its_interval(make_host, open_page):
    target = "    plugin: ridge\n    target: { return: 1 bar }\n"

    def end_with_a_fall(folder):
        # Google fell by 8 % on more volume than the fit had seen.
        (folder / "data").unlink()
        history = folder / "data" / "history"
        history.mkdir(parents=True)
        for path in (ROOT / "data" / "history").glob("*.csv"):
            lines = path.read_text().splitlines()
            (history / path.name).write_text("\n".join(lines[:1] + [one for one in lines[1:] if one[:10] <= "2012-10-18"]) + "\n")

    host = make_host(edit=lambda text: text.replace(target, target + "    interval: 0.9\n    abstain: true\n", 1), prepare=end_with_a_fall)
    page = open_page(host, "#/instrument/GOOG.US")
    row = page.locator("#newest tr", has_text="next_day_linear")
    expect(row).to_contain_text("outside of what it learned")
    expect(row).to_contain_text("…")
    expect(page.locator("#newest tr", has_text="volatility_week")).not_to_contain_text("outside")


def test_indicators_are_added_and_taken_away(host, open_page):
    page = open_page(host, "#/instrument/IBM.US")
    page.get_by_label("Indicator").select_option("bollinger_bands")
    expect(page.locator(".legend").first).to_contain_text("bollinger_bands.upper")
    page.get_by_label("Take rsi away").click()
    expect(page.locator(".legend").first).not_to_contain_text("rsi")
    page.reload()
    expect(page.locator(".legend").first).to_contain_text("bollinger_bands.upper")


def test_it_goes_back_to_any_day(host, open_page):
    page = open_page(host, "#/instrument/AAPL.US")
    expect(page.locator(".legend").first).to_contain_text("sma")
    page.get_by_label("Go to day").fill("2002-05-15")
    page.get_by_label("Go to day").dispatch_event("change")
    # Pressed where the first bars of the window are, the chart names a day near the one asked for.
    expect(page.locator("#origin")).to_contain_text("2013-03-01")
    page.wait_for_timeout(1500)
    box = page.locator(".chart").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.3)
    expect(page.locator("#origin")).to_contain_text(re.compile(r"2002-0[2-7]-\d\d 2[01]:00"))


def test_another_instrument_is_chosen_by_its_name(host, open_page):
    page = open_page(host, "#/instrument")
    page.get_by_label("Instrument", exact=True).fill("MSFT.US")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("MSFT.US")
    expect(page.locator("#newest")).to_contain_text("24.68")


def test_without_the_chart_library_the_page_says_so_and_shows_its_tables(host, open_page):
    page = open_page(host, "#/instrument/AAPL.US", allow="404", prepare=lambda page: page.route(
        "**/libraries/lightweight-charts.js", lambda route: route.fulfill(status=404, body="")))
    expect(page.get_by_role("alert")).to_contain_text("Lightweight Charts is not beside this dashboard")
    expect(page.get_by_role("alert")).to_contain_text("make dashboard-libraries")
    expect(page.locator("#newest")).to_contain_text("56.14")


def test_an_instrument_nobody_has_is_an_error_in_words(host, open_page):
    page = open_page(host, "#/instrument/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", allow="404|400")
    expect(page.locator("h1")).to_have_text("<img src=x onerror=alert(1)>")
    expect(page.get_by_role("alert").first).to_be_visible()
    assert page.locator("main img").count() == 0


def test_live_bars_go_on_over_a_kill_without_a_gap(make_host, open_page):
    """What the page has after the host was killed and came back is every bar that the store has; the newest stays in sight."""
    paced = make_host(edit=lambda text: text.replace("path: data/history\n", "path: data/history\n    pace: 100ms\n    batch: 8\n"))
    page = open_page(paced, "#/instrument/IBM.US", allow=AWAY.pattern + "|404|503")
    page.evaluate("window.mark = 1")
    time = page.locator("#newest dd").nth(3)

    def goes_on():
        expect(page.locator("#newest")).to_contain_text("Close")
        expect(time).not_to_have_text(time.inner_text())

    goes_on()
    paced.kill()
    expect(page.locator("#online")).to_contain_text("reconnecting")
    paced.start()
    expect(page.locator("#online")).to_have_text("live")
    goes_on()
    page.wait_for_timeout(3000)
    seen = page.evaluate("document.querySelector('.chart').bars.map((bar) => bar.time)")
    with urllib.request.urlopen(f"{paced.address}/api/v2/stocks/IBM/historical?period=max&limit=100000") as answer:
        stored = [bar["time"] for bar in json.load(answer)["bars"]]
    assert page.evaluate("window.mark") == 1 and len(seen) > 20
    assert seen == stored[:len(seen)] or stored == seen[:len(stored)]
