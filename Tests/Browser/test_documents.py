"""The screenshots of docs/dashboard.md: `PENSTOCK_UPDATE_DOCS=1 make browser-test ARGS="-k documents"` makes them anew."""

import os
import re

import pytest
from playwright.sync_api import expect

from conftest import ROOT

SHOWN = {"overview": "", "instrument": "#/instrument/AAPL.US", "models": "#/models/volatility_week", "providers": "#/providers",
         "plugins": "#/plugins"}


def test_documents_show_what_there_is():
    text = (ROOT / "docs" / "dashboard.md").read_text()
    assert set(re.findall(r"screens/(\w+)\.jpg", text)) == set(SHOWN)
    assert {file.stem for file in (ROOT / "docs" / "screens").glob("*.jpg")} == set(SHOWN)


@pytest.mark.skipif("PENSTOCK_UPDATE_DOCS" not in os.environ, reason="PENSTOCK_UPDATE_DOCS=1 makes the documents' screenshots anew")
@pytest.mark.parametrize("name", SHOWN)
def test_documents_get_new_screenshots(host, open_page, name):
    page = open_page(host, SHOWN[name], width=1280, theme="light" if name in ("models", "providers") else "dark")
    expect(page.locator("#online")).to_have_text("live")
    expect(page.get_by_text("Loading…")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=ROOT / "docs" / "screens" / f"{name}.jpg", type="jpeg", quality=72)
