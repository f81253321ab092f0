"""The login, where identities are needed: nothing without a key, pages with one, and nothing again after the logout."""

import os
import subprocess

from playwright.sync_api import expect


def make_key(host, name, role):
    made = subprocess.run(
        [os.environ["PENSTOCK"], "keys", "create", name, "--role", role, "--config", "plugins.yaml"], cwd=host.folder,
        capture_output=True, text=True, check=True)
    return made.stdout.strip()


def test_a_key_opens_the_pages_and_the_logout_closes_them(make_host, open_page, shot):
    own = make_host()
    key = make_key(own, "ada", "operator")
    page = open_page(own, allow="401")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    shot(page, "login")
    page.get_by_label("Key").fill("penstock_nobody")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("no key, session or token of this host")
    page.get_by_label("Key").fill(key)
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("#online")).to_contain_text("live")
    assert "penstock_session" not in page.evaluate("document.cookie")
    # A change by the session: no token is asked for.
    page.goto(f"{own.address}/#/plugins")
    page.locator("#reload").get_by_text("Show what a reload would do").click()
    expect(page.locator("#reload")).to_contain_text("a reload would change nothing")
    page.get_by_role("button", name="Reload now").click()
    expect(page.locator("#reload")).to_contain_text("Nothing differs")
    page.get_by_role("button", name="Log out ada").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
