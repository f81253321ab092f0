"""Every text of the pages has its Chinese."""

import re

from conftest import ROOT

FOLDER = ROOT / "dashboard"
TEXT = re.compile(r'\bt\(\s*(?:[^"`()]*\?\s*)?"((?:[^"\\]|\\.)*)"(?:\s*:\s*"((?:[^"\\]|\\.)*)")?')


def test_every_text_has_its_chinese():
    known = (FOLDER / "words-zh.js").read_text()
    files = [file for file in FOLDER.glob("*.js") if not file.name.startswith("words")]
    texts = {text for file in files for match in TEXT.findall(file.read_text()) for text in match if text}
    assert len(texts) > 150
    assert not [text for text in sorted(texts) if f'"{text}":' not in known]
