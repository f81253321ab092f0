"""Models, by what a person sees."""

from playwright.sync_api import expect

from conftest import is_drawn


def test_it_says_how_good_a_model_is_beside_its_baseline(host, open_page):
    page = open_page(host, "#/models/next_day_linear")
    row = page.locator("#metrics tr", has_text="Direction right").first
    expect(row).to_contain_text("0.5013")
    expect(row).to_contain_text("0.4889 … 0.5115")
    expect(row).to_contain_text("0.4923")
    expect(row).to_contain_text("better · within chance")
    expect(page.locator("#model")).to_contain_text("return over 1 bar")
    expect(page.locator("#folds")).to_contain_text("2010-12-29 … 2013-02-28")
    assert is_drawn(page, "#folds")


def test_it_says_how_it_did_in_a_year_and_draws_it_over_time(host, open_page):
    page = open_page(host, "#/models/next_day_linear")
    year = page.locator("#outcomes tr", has_text="2012").first
    expect(year).to_contain_text("1,135")
    assert is_drawn(page, "#outcomes")
    page.locator("#outcomes").get_by_label("Instrument").select_option("FB.US")
    expect(page.locator("#outcomes tbody tr")).to_have_count(2)


def test_models_are_chosen_above(host, open_page):
    page = open_page(host, "#/models")
    page.get_by_role("group", name="Models").get_by_text("volatility_week").click()
    expect(page.locator("#model h2")).to_have_text("volatility_week")
    expect(page.locator("#model")).to_contain_text("volatility over 5 bars")


def test_without_uplot_the_tables_stay(host, open_page):
    page = open_page(host, "#/models", allow="404", prepare=lambda page: page.route(
        "**/libraries/uplot.js", lambda route: route.fulfill(status=404, body="")))
    expect(page.get_by_role("alert").first).to_contain_text("uPlot is not beside this dashboard")
    expect(page.locator("#metrics tbody tr")).not_to_have_count(0)
