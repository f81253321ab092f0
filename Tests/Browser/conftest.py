"""A running host, a browser, and pages that must raise nothing: no error, no report of the Content-Security-Policy, no request
that leads elsewhere."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import time
import urllib.request

import pytest
from playwright.sync_api import expect, sync_playwright

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHOTS = ROOT / ".build" / "browser"
# A starved machine takes long for a first fit; nothing here is measured.
expect.set_options(timeout=120_000)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Host:
    """The program with a copy of the shipped manifest in a folder of its own."""

    def __init__(self, folder, edit=lambda text: text, prepare=lambda folder: None):
        self.folder, self.port, self.process = folder, free_port(), None
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plugins.yaml").write_text(edit((ROOT / "plugins.yaml").read_text()))
        (folder / "data").symlink_to(ROOT / "data")
        prepare(folder)

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self):
        return (self.folder / "var" / "control" / "token").read_text().strip()

    def start(self):
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [os.environ["PENSTOCK"], "run", "--config", "plugins.yaml", "--listen", f"127.0.0.1:{self.port}"],
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        return self

    def wait(self, path="/health/ready", seconds=300):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.address + path, timeout=5) as answer:
                    if answer.status == 200:
                        return self
            except OSError:
                pass
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            time.sleep(0.2)
        raise AssertionError(f"{path} was not answered within {seconds} s")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()


@pytest.fixture(scope="session")
def host(tmp_path_factory):
    """The shipped manifest, read to its end."""
    one = Host(tmp_path_factory.mktemp("shipped") / "home").start().wait()
    yield one
    one.stop()


@pytest.fixture
def make_host(tmp_path):
    """Starts hosts of the test's own: make_host(edit=..., prepare=...)."""
    hosts = []

    def make(**options):
        hosts.append(Host(tmp_path / f"host{len(hosts)}", **options).start().wait())
        return hosts[-1]

    yield make
    for one in hosts:
        one.stop()


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        one = playwright.chromium.launch(executable_path=os.environ["CHROMIUM"], args=["--no-sandbox"])
        yield one
        one.close()


# What a page tells of while its host is away is expected, and nothing else is.
AWAY = re.compile(r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|WebSocket connection to|ERR_INCOMPLETE_CHUNKED|ERR_CONTENT_LENGTH")

WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
    window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""


@pytest.fixture
def open_page(browser):
    """Opens a page: open_page(host, "#/models", width=360, theme="dark", language="zh", allow=regex of expected messages)."""
    contexts, opened = [], []

    def open_one(host, place="", width=1600, theme="dark", language="en", allow=None, prepare=lambda page: None):
        context = browser.new_context(viewport={"width": width, "height": 780 if width < 700 else 1000}, color_scheme=theme)
        context.add_init_script(WATCH + f"localStorage.setItem('penstock.language', '{language}');")
        page = context.new_page()
        messages = []
        page.on("console", lambda message: message.type in ("error", "warning") and messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(f"error: {error}"))
        page.on("request", lambda request: None if request.url.startswith((host.address, host.address.replace("http", "ws"), "data:"))
                else messages.append(f"a request elsewhere: {request.url}"))
        prepare(page)
        page.goto(f"{host.address}/{place}")
        contexts.append(context)
        opened.append((page, messages, allow))
        return page

    yield open_one
    for page, messages, allow in opened:
        left = [text for text in messages if not (allow and re.search(allow, text))]
        violations = [] if page.is_closed() else page.evaluate("window.violations")
        assert not left and not violations, (left, violations)
    for context in contexts:
        context.close()


@pytest.fixture
def shot():
    """Keeps a screenshot for a person to look at, and says that the page does not scroll sideways."""

    def take(page, name):
        SHOTS.mkdir(parents=True, exist_ok=True)
        width, inner = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
        assert width <= inner, f"{name} is {width} px wide in a window of {inner}"

    return take


def is_drawn(page, selector):
    """Whether some canvas below the selector has pixels of more than one colour."""
    return page.evaluate(
        """(selector) => [...document.querySelectorAll(`${selector} canvas`)].some((canvas) => {
            if (!canvas.width || !canvas.height) return false;
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Set();
            for (let at = 0; at < data.length; at += 4) if (data[at + 3]) seen.add(data[at] << 16 | data[at + 1] << 8 | data[at + 2]);
            return seen.size > 3;
        })""", selector)
