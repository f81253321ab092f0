"""A client of one Penstock host: REST and live channels, typed, in one file without dependencies (Python 3.10 or newer).

    from penstock import Client
    client = Client("http://127.0.0.1:8080")
    for quote in client.quotes(["AAPL", "IBM"]):
        print(quote.instrument, quote.close)
    for message in client.stream("enhanced", symbols=["AAPL"]):
        print(message.id, message.kind, message.data)

Live channels are read as Server-Sent Events. A stream that breaks is taken up again after the last message, so nothing is missed
while the host still keeps it; what it does not keep any more comes as a message of kind "gap". See README.md beside this file and
docs/http-api.md.
"""

from __future__ import annotations

import dataclasses
import http.client
import json
import time
import urllib.parse
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["Bar", "Client", "IndicatorTable", "Message", "Prediction", "Problem", "Quote"]


class Problem(Exception):
    """An answer that is an error; programs tell errors apart by `code`."""

    def __init__(self, status: int, code: str, message: str, request_id: str, retry_after: float | None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.request_id = request_id
        #: Seconds after which asking again may help; `None` where the host does not say.
        self.retry_after = retry_after


class _Record:
    """What dataclasses of answers share: members that a newer host adds are passed over, absent ones are `None`."""

    @classmethod
    def _of(cls, row: dict[str, Any]):
        return cls(**{field.name: row.get(field.name) for field in dataclasses.fields(cls)})


@dataclasses.dataclass(frozen=True, slots=True)
class Quote(_Record):
    """The newest event of an instrument in a pipeline; which numbers there are depends on its kind. `time` is UTC."""

    symbol: str
    instrument: str
    time: str
    pipeline: str
    source: str
    flags: list[str]
    kind: str | None = None
    timeframe: str | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    previous_close: float | None = None
    change: float | None = None
    change_percent: float | None = None
    volume: float | None = None
    price: float | None = None
    size: float | None = None
    side: str | None = None
    bid: float | None = None
    ask: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Bar(_Record):
    """A stored bar; `time` is the end of its span, UTC."""

    time: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    source: str
    amount: float | None = None
    version: int | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Prediction(_Record):
    """The newest prediction of a model for an instrument."""

    symbol: str
    instrument: str
    model: str
    target: str
    value: float
    price: float | None
    time: str
    pipeline: str
    flags: list[str]


@dataclasses.dataclass(frozen=True, slots=True)
class IndicatorTable:
    """Indicators over bars: for each time the values in the order of `columns`, `None` where there is none yet."""

    columns: list[str]
    rows: list[tuple[str, list[float | None]]]


@dataclasses.dataclass(frozen=True, slots=True)
class Message:
    """A message of a live channel: `kind` is "welcome" for a snapshot, "gap" where messages are missing, else that of the record."""

    channel: str
    kind: str
    #: The number of the message in its channel; of a snapshot that of the last message it stands for; `None` of a gap.
    id: int | None
    #: Event time, UTC; `None` where the message has none.
    time: str | None
    #: The whole message.
    data: dict[str, Any]


class Client:
    """A host at an address; safe to use from several threads, since each call has a connection of its own."""

    def __init__(self, address: str = "http://127.0.0.1:8080", token: str | None = None, timeout: float = 30) -> None:
        parts = urllib.parse.urlsplit(address)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"{address!r} is no address; allowed http://HOST:PORT")
        self._host, self._port = parts.hostname, parts.port or 80
        self._token = token
        self._timeout = timeout

    # REST

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Returns the JSON of any GET route; parameters that are `None` are left out, lists are joined by commas."""
        return json.loads(self._ask("GET", path, query))

    def send(self, method: str, path: str, body: bytes = b"", **query: Any) -> dict[str, Any]:
        """Sends a change; it needs the token."""
        return json.loads(self._ask(method, path, query, body))

    def pages(self, path: str, key: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Yields the rows under `key` of every page of a list, in the order the pages come."""
        while True:
            page = self.get(path, **query)
            yield from page[key]
            if "next_cursor" not in page:
                return
            query["cursor"] = page["next_cursor"]

    def quotes(self, symbols: Sequence[str], **query: Any) -> list[Quote]:
        """Returns the newest event of each symbol, one a pipeline."""
        return [Quote._of(row) for row in self.get("/api/v2/stocks/quotes", symbols=symbols, **query)["quotes"]]

    def bars(self, symbol: str, page: int = 10_000, **query: Any) -> list[Bar]:
        """Returns the stored bars of a symbol (`period`, or `from_` and `to`; `adjust`, `as_of`), ascending in time."""
        path, pages = f"/api/v2/stocks/{urllib.parse.quote(symbol, safe='')}/historical", []
        query = {name.rstrip("_"): value for name, value in query.items()} | {"limit": page}
        while True:
            answer = self.get(path, **query)
            # The latest bars come first, ascending within their page.
            pages.append(answer["bars"])
            if "next_cursor" not in answer:
                return [Bar._of(row) for rows in reversed(pages) for row in rows]
            query["cursor"] = answer["next_cursor"]

    def predictions(self, symbols: Sequence[str] | None = None, **query: Any) -> list[Prediction]:
        """Returns the newest predictions, of all instruments or of some."""
        rows = self.pages("/api/v2/ai/predictions", "predictions", symbols=symbols, **query)
        return [Prediction._of(row) for row in rows]

    def indicators(self, symbol: str, names: Iterable[str], **query: Any) -> IndicatorTable:
        """Returns indicators over the last `limit` stored bars of a symbol."""
        path = f"/api/v2/stocks/{urllib.parse.quote(symbol, safe='')}/indicators"
        query = {name.rstrip("_"): value for name, value in query.items()}
        answer = self.get(path, names=list(names), **query)
        return IndicatorTable(answer["columns"], [(row["time"], row["values"]) for row in answer["rows"]])

    def is_ready(self) -> bool:
        """Whether every pipeline has served its first value."""
        try:
            self.get("/health/ready")
        except Problem as problem:
            if problem.status == 503:
                return False
            raise
        return True

    # Live channels

    def stream(
        self,
        channel: str,
        *,
        symbols: Sequence[str] | None = None,
        model: Sequence[str] | None = None,
        severity: Sequence[str] | None = None,
        after: int | None = None,
        reconnect: bool = True,
    ) -> Iterator[Message]:
        """Yields the messages of a channel ("enhanced", "ai-predictions", "risk-alerts", "stream-metrics", "pipeline-status").

        First comes a snapshot, or with `after` what came after that id. With `reconnect` a connection that ends, or is silent for
        a minute, is made anew, after 0.2 s and then up to 10 s.
        """
        choice = {"symbols": symbols, "model": model, "severity": severity}
        wait = 0.2
        while True:
            try:
                for message in self._events(channel, {**choice, "after": after}):
                    wait = 0.2
                    if message.id is not None:
                        after = message.id
                    yield message
            except (OSError, http.client.HTTPException):
                if not reconnect:
                    raise
            except Problem as problem:
                if not reconnect or problem.status != 503:
                    raise
            if not reconnect:
                return
            time.sleep(wait)
            wait = min(2 * wait, 10)

    def _events(self, channel: str, query: dict[str, Any]) -> Iterator[Message]:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=60)
        try:
            response = self._request(connection, "GET", f"/sse/{channel}", query)
            for line in response:
                if line.startswith(b"data: "):
                    data = json.loads(line[6:])
                    yield Message(data["channel"], data["kind"] if "kind" in data else "", data.get("id"), data.get("time"), data)
        finally:
            connection.close()

    # Requests

    def _ask(self, method: str, path: str, query: dict[str, Any], body: bytes = b"") -> bytes:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=self._timeout)
        try:
            return self._request(connection, method, path, query, body).read()
        finally:
            connection.close()

    def _request(
        self, connection: http.client.HTTPConnection, method: str, path: str, query: dict[str, Any], body: bytes = b""
    ) -> http.client.HTTPResponse:
        given = {
            name: ",".join(map(str, value)) if isinstance(value, (list, tuple)) else value
            for name, value in query.items()
            if value is not None
        }
        target = path + ("?" + urllib.parse.urlencode(given) if given else "")
        fields = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        connection.request(method, target, body=body or None, headers=fields)
        response = connection.getresponse()
        if response.status < 400:
            return response
        try:
            error = json.loads(response.read())["error"]
        except (ValueError, KeyError, TypeError):
            error = {"code": "unknown", "message": response.reason, "request_id": ""}
        retry = response.headers.get("Retry-After", "")
        raise Problem(
            response.status, error["code"], error["message"], error["request_id"], float(retry) if retry.isdigit() else None
        )
