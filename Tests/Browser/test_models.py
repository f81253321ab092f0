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
    expect(page.locator("#outcomes").get_by_role("group", name="By year").locator("tbody tr")).to_have_count(2)


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


def test_it_says_what_features_are_worth_and_whether_they_drift(host, open_page, shot):
    page = open_page(host, "#/models/volatility_week")
    rows = page.locator("#importance tbody tr")
    expect(rows).to_have_count(4)
    expect(rows.first).to_contain_text("bands.bandwidth")
    expect(page.locator("#drift tbody tr")).to_have_count(4)
    expect(page.locator("#drift")).to_contain_text("of 250 that are needed")
    expect(page.locator("#outcomes")).to_contain_text("What came, by what was predicted")
    assert is_drawn(page, "#outcomes")
    shot(page, "model")


def test_a_version_is_rolled_back_with_a_reason(make_host, open_page):
    one = make_host()
    one.stop()
    manifest = one.folder / "plugins.yaml"
    manifest.write_text(manifest.read_text().replace("target: { volatility: 5 bars }", "target: { volatility: 5 bars }\n    l2: 5"))
    one.start().wait()
    page = open_page(one, "#/models/volatility_week")
    card = page.locator("#versions")
    rows = card.get_by_role("group", name="Versions").locator("tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("champion")
    card.get_by_role("button", name="Roll back").click()
    card.get_by_label("Token").fill(one.token)
    card.get_by_role("button", name="Use it in this tab").click()
    card.get_by_role("button", name="Roll back").click()
    page.get_by_label("Reason").fill("<b>as it was</b>")
    page.get_by_role("dialog").get_by_role("button", name="Do it").click()
    expect(rows.filter(has_text="champion").locator("td").first).to_have_text("1")
    history = card.get_by_role("group", name="What was changed")
    expect(history).to_contain_text("<b>as it was</b>")
    assert card.locator("td b", has_text="as it was").count() == 0
