"""Plugins, the reload and Risk, by what a person sees and does."""

import shutil

from playwright.sync_api import expect

from conftest import ROOT


def test_a_plugin_has_its_options_from_the_schema(host, open_page):
    page = open_page(host, "#/plugins")
    page.get_by_label("Find").fill("relative strength index")
    plugin = page.locator("#plugin-indicator-rsi")
    plugin.locator("summary").click()
    expect(plugin).to_contain_text("rsi14")
    row = plugin.locator("tr", has_text="period").first
    expect(row).to_contain_text("integer 2...100000")
    expect(row).to_contain_text("14")


def test_the_plan_is_shown_before_the_reload_and_then_applied(make_host, open_page, shot):
    own = make_host()
    page = open_page(own, "#/plugins")
    file = own.folder / "plugins.yaml"
    file.write_text(file.read_text().replace("rsi14: { plugin: rsi, period: 14 }", "rsi14: { plugin: rsi, period: 21 }"))
    card = page.locator("#reload")
    card.get_by_text("Show what a reload would do").click()
    card.get_by_label("Token").fill(own.token)
    card.get_by_text("Use it in this tab").click()
    expect(card).to_contain_text("indicator/rsi14")
    expect(card).to_contain_text("14 → 21")
    shot(page, "plan")
    card.get_by_role("button", name="Reload now").click()
    expect(card).to_contain_text("Applied")
    expect(card).to_contain_text("revision 2")


def test_a_fault_in_the_file_is_shown_with_its_place(make_host, open_page):
    own = make_host()
    page = open_page(own, "#/plugins", allow="422")
    file = own.folder / "plugins.yaml"
    file.write_text(file.read_text().replace("period: 14 }\n  macd", "period: 1 }\n  macd"))
    card = page.locator("#reload")
    card.get_by_text("Show what a reload would do").click()
    card.get_by_label("Token").fill(own.token)
    card.get_by_text("Use it in this tab").click()
    expect(card).to_contain_text("'period' is 1")
    expect(card).to_contain_text("allowed 2...100000")
    expect(card.get_by_role("button", name="Reload now")).to_have_count(0)


def test_an_instance_is_switched_off_and_on(make_host, open_page):
    own = make_host()
    page = open_page(own, "#/plugins")
    card = page.locator("#instances")
    card.get_by_label("Switch on sink/files").click()
    page.get_by_role("dialog").get_by_role("button", name="Switch on").click()
    card.get_by_label("Token").fill(own.token)
    card.get_by_text("Use it in this tab").click()
    expect(card.get_by_label("Switch off sink/files")).to_be_visible()
    assert "files: { plugin: csv, enabled: true" in (own.folder / "plugins.yaml").read_text() \
        or "files: { plugin: csv, path" in (own.folder / "plugins.yaml").read_text()


def test_alerts_come_live_with_their_rule(make_host, open_page):
    """Prices in another unit from a day on are told, with the numbers."""
    def hundredfold(folder):
        (folder / "data").unlink()
        shutil.copytree(ROOT / "data", folder / "data")
        file = folder / "data" / "history" / "IBM.csv"
        lines = file.read_text().splitlines()
        for index in range(2000, len(lines)):
            day, *numbers = lines[index].split(",")
            prices = [str(float(number) * 100) for number in numbers[:4]]
            lines[index] = ",".join([day, *prices, numbers[4], str(float(numbers[5]) * 100)])
        file.write_text("\n".join(lines) + "\n")

    page = open_page(make_host(prepare=hundredfold), "#/risk")
    row = page.locator("#alerts tbody tr").first
    expect(row).to_contain_text("IBM.US")
    expect(row).to_contain_text("unit_jump")
    expect(row).to_contain_text("101.8 times")
    expect(page.locator("#rules")).to_contain_text("unit_jump")
