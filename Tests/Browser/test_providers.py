"""Providers and the quarantine, by what a person sees and does."""

import shutil

from playwright.sync_api import expect

from conftest import ROOT

HTML = "<img src=x onerror=document.title=1>"


def damaged(folder):
    """A bar at a hundred times its prices, a row no bar can be, a row with HTML in it."""
    (folder / "data").unlink()
    shutil.copytree(ROOT / "data", folder / "data")
    file = folder / "data" / "history" / "IBM.csv"
    lines = file.read_text().splitlines()
    lines[99] = "2000-07-20,11200.0,11781.0,11175.0,11725.0,23048400.0,8626.1961506823"
    lines[199] = f"2000-12-08,{HTML},1,2,3,4,5"
    lines[299] = "2001-05-04,100,90,110,100,4,5"
    file.write_text("\n".join(lines) + "\n")


def test_it_shows_how_a_provider_answers(host, open_page):
    page = open_page(host, "#/providers")
    card = page.locator("#provider-history")
    expect(card).to_contain_text("closed")
    expect(card).to_contain_text("100%")
    expect(page.locator("#sources")).to_contain_text("5")


def test_the_quarantine_needs_the_token_and_says_where_it_is(host, open_page):
    page = open_page(host, "#/providers", allow="401")
    gate = page.locator("#quarantine")
    expect(gate).to_contain_text("control/token")
    gate.get_by_label("Token").fill("wrong")
    gate.get_by_role("button").click()
    expect(gate).to_contain_text("another token")
    gate.get_by_label("Token").fill(host.token)
    gate.get_by_role("button").click()
    expect(gate).to_contain_text("Nothing was refused.")


def test_refused_rows_are_looked_at_released_and_forgotten(make_host, open_page, shot):
    spoilt = make_host(prepare=damaged, edit=lambda text: text.replace("path: data/history\n", "path: data/history\n    follow: true\n"))
    page = open_page(spoilt, "#/providers")
    card = page.locator("#quarantine")
    card.get_by_label("Token").fill(spoilt.token)
    card.get_by_role("button").click()
    rows = card.locator("tbody tr")
    expect(rows).to_have_count(3)
    expect(card).to_contain_text(HTML)
    assert page.locator("main img").count() == 0 and "Providers" in page.title()
    shot(page, "quarantine")
    jump = rows.filter(has_text="price jump")
    expect(jump).to_contain_text("8626.19")
    jump.get_by_role("checkbox").check()
    card.get_by_role("button", name="Release 1").click()
    page.get_by_role("dialog").get_by_role("button", name="Release").click()
    expect(card).to_contain_text("1 released")
    expect(rows).to_have_count(2)
    card.get_by_label("all of this page").check()
    card.get_by_role("button", name="Forget 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(rows).to_have_count(2)
    card.get_by_role("button", name="Forget 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Forget").click()
    expect(card).to_contain_text("Nothing was refused.")
    card.get_by_label("Show").select_option("true")
    expect(rows).to_have_count(1)
    page.set_viewport_size({"width": 360, "height": 780})
    shot(page, "quarantine-360")
