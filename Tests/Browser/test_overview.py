"""Overview, by what a person sees."""

from playwright.sync_api import expect


def test_it_shows_the_pipeline_with_its_counters(host, open_page):
    page = open_page(host)
    graph = page.locator("#pipeline-main .graph")
    expect(graph).to_contain_text("12,154 accepted of 12,154")
    for name in ["history", "Quality", "13 indicators", "next_day", "next_day_linear", "volatility_week", "live", "keep"]:
        expect(graph.locator("b", has_text=name).first).to_be_visible()
    assert graph.locator("svg path").count() > 10


def test_it_says_which_instrument_is_stale_and_why(host, open_page):
    page = open_page(host)
    row = page.locator("#freshness tr", has_text="FB.US")
    expect(row).to_contain_text("27.78")
    expect(row).to_contain_text("2013-03-01 21:00")
    expect(row).to_contain_text("stale history has no more: pipeline main has ended")
    page.get_by_label("Find an instrument").fill("goog")
    expect(page.locator("#freshness tbody tr")).to_have_count(1)


def test_an_alert_and_a_failed_part_are_told(make_host, open_page):
    """A sink that cannot be opened is named with its reason."""
    broken = make_host(edit=lambda text: text.replace(
        "  files: { plugin: csv, enabled: false, path: var/csv }",
        "  files: { plugin: csv, path: /proc/nowhere, on_failure: ignore }"))
    page = open_page(broken)
    expect(page.get_by_role("alert")).to_contain_text("sink/files")
    expect(page.get_by_role("alert")).to_contain_text("/proc/nowhere")
