"""Write a Penstock plugin in Python: one file, standard library only, numpy used when present.

Subclass Indicator, Sink, Model or Provider, give it a `descriptor`, and end the file with `run(YourClass)`.
`print` goes to standard error, which is the plugin's log. Protocol: docs/plugin-protocol.md.
"""
from __future__ import annotations

import array
import copy
import inspect
import json
import math
import os
import struct
import sys
import threading
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Callable, Iterable, Iterator, Sequence

try:
    import numpy
except ImportError:  # the plugin works without it, more slowly
    numpy = None

__version__ = "2.0.0"
PROTOCOL = 2
MAGIC = b"\xf5PS1"
HEADER = struct.Struct("<4sHHQIIQ")
KINDS = {1: "bars", 2: "quotes", 3: "trades", 4: "matrix", 5: "predictions", 6: "bytes", 7: "features",
         8: "order_books", 9: "figures", 10: "factors"}
NUMBERS = {name: number for number, name in KINDS.items()}
EVENTS = {"bar": "bars", "quote": "quotes", "trade": "trades", "order_book": "order_books", "figure": "figures",
          "factor": "factors"}
"""The frame of each kind of event."""
DEPTH = 20
FIELDS: dict[str, list[tuple[str, str]]] = {
    "bars": [("time", "q"), ("open", "d"), ("high", "d"), ("low", "d"), ("close", "d"), ("volume", "d"),
             ("amount", "d"), ("instrument", "I"), ("flags", "I")],
    "quotes": [("time", "q"), ("bid", "d"), ("ask", "d"), ("bid_size", "d"), ("ask_size", "d"),
               ("instrument", "I"), ("flags", "I")],
    "trades": [("time", "q"), ("price", "d"), ("size", "d"), ("instrument", "I"), ("flags", "I"), ("side", "B")],
    "order_books": [("time", "q"), ("sequence", "q"), ("instrument", "I"), ("flags", "I")],
    "figures": [("time", "q"), ("period_end", "q"), ("value", "d"), ("name", "name"), ("instrument", "I"),
                ("flags", "I")],
    "factors": [("time", "q"), ("announced", "q"), ("ratio", "d"), ("cash", "d"), ("rights", "d"),
                ("rights_price", "d"), ("instrument", "I"), ("flags", "I")],
    "predictions": [("time", "q"), ("value", "d"), ("price", "d"), ("instrument", "I"), ("flags", "I")],
    "features": [("time", "q"), ("price", "d"), ("instrument", "I"), ("flags", "I")],
}
"""The columns of each frame; `name` stands for three columns with the 24 bytes of a text."""
SIZES = {"q": 8, "d": 8, "I": 4, "B": 1, "name": 24}
LINE_LIMIT = 4 << 20
FRAME_LIMIT = 64 << 20


class PluginError(Exception):
    """A classified fault; codes as in the host: rate_limited, auth, not_found, no_data, transient, environment, ..."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after


@dataclass
class Columns:
    """Rows of events, predictions or features, one sequence a column: `bars.close[3]`, `figures.name[0]`.

    `extra` holds the columns of predictions and features; of order books the levels: bid prices, bid sizes, ask prices, ask
    sizes, best first, NaN where a side has fewer; `book(row)` gives them as (price, size)."""

    kind: str
    columns: dict[str, Any]
    extra: list[Any] = field(default_factory=list)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["columns"][name]
        except KeyError:
            raise AttributeError(name) from None

    def __len__(self) -> int:
        return len(self.columns["time"])


    def book(self, row: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """The bids and asks of an order book as (price, size), best first."""
        depth = len(self.extra) // 4
        def side(first: int) -> list[tuple[float, float]]:
            pairs = [(float(self.extra[first + level][row]), float(self.extra[first + depth + level][row]))
                     for level in range(depth)]
            return [pair for pair in pairs if not math.isnan(pair[0])]
        return side(0), side(2 * depth)

    def part(self, start: int, end: int) -> "Columns":
        """Some of the rows."""
        return Columns(self.kind, {name: column[start:end] for name, column in self.columns.items()},
                       [column[start:end] for column in self.extra])

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each row as a dictionary by field; order books with `bids` and `asks`."""
        names = list(self.columns)
        for row, values in enumerate(zip(*(_plain(column) for column in self.columns.values()))):
            event = dict(zip(names, values))
            if self.kind == "order_books":
                event["bids"], event["asks"] = self.book(row)
            yield event


def _plain(column: Any) -> Any:
    return column.tolist() if hasattr(column, "tolist") else column


def events(kind: str, rows: Iterable[Sequence[Any]]) -> Columns:
    """Makes events of a kind (`bar`, `quote`, `trade`, `order_book`, `figure`, `factor`) from rows.

    A row has the fields of FIELDS in their order, without `flags`; a trade may end with its side (1 buy, 2 sell), a row of
    an order book is (time, sequence, instrument, bids, asks) with lists of (price, size), best first, at most 20."""
    frame = EVENTS[kind]
    table = [tuple(row) for row in rows]
    if frame == "order_books":
        return _books(table)
    if frame == "trades":
        table = [(*row, 0)[:5] for row in table]
    names = [name for name, _ in FIELDS[frame] if name != "flags"]
    if any(len(row) != len(names) for row in table):
        raise ValueError(f"a row of {frame} has the fields {', '.join(names)}")
    columns: dict[str, Any] = {name: [row[index] for row in table] for index, name in enumerate(names)}
    columns["flags"] = [0] * len(table)
    return Columns(frame, columns)


def _books(table: list[tuple[Any, ...]]) -> Columns:
    sides = [side for row in table for side in row[3:5]]
    depth = max((len(side) for side in sides), default=0)
    if depth > DEPTH:
        raise ValueError(f"an order book has {depth} levels a side; allowed are {DEPTH}")
    columns: dict[str, Any] = {name: [row[index] for row in table]
                               for index, name in enumerate(("time", "sequence", "instrument"))}
    columns["flags"] = [0] * len(table)
    extra = [[row[side][level][part] if level < len(row[side]) else math.nan for row in table]
             for side in (3, 4) for part in (0, 1) for level in range(depth)]
    return Columns("order_books", columns, extra)


def bars(rows: Iterable[Sequence[float]]) -> Columns:
    """Makes bars from rows of (time ns, open, high, low, close, volume, amount, instrument id)."""
    return events("bar", rows)


@dataclass
class Matrix:
    """Numbers by column; `columns[c][r]`."""

    rows: int
    columns: list[Any]

    @staticmethod
    def of_rows(rows: Sequence[Sequence[float]], width: int) -> "Matrix":
        if not rows:
            return Matrix(0, [[] for _ in range(width)])
        return Matrix(len(rows), [[row[column] for row in rows] for column in range(width)])

    def part(self, start: int, end: int) -> "Matrix":
        """Some of the rows."""
        return Matrix(end - start, [column[start:end] for column in self.columns])

    def by_rows(self) -> Any:
        """The numbers as rows: a numpy array where numpy is there, else a list of tuples."""
        if numpy is not None:
            return numpy.column_stack(self.columns) if self.columns else numpy.zeros((self.rows, 0))
        return list(zip(*self.columns))


Frame = Any  # Columns | Matrix | bytes


def _decode_column(data: memoryview, code: str, rows: int) -> Any:
    if code == "name":
        words = [_decode_column(data[8 * rows * word:], "q", rows) for word in range(3)]
        packed = [b"".join(struct.pack("<q", int(column[row])) for column in words) for row in range(rows)]
        return [text.rstrip(b"\0").decode("ascii") for text in packed]
    part = data[: SIZES[code] * rows]
    if numpy is not None:
        return numpy.frombuffer(part, dtype={"q": "<i8", "d": "<f8", "I": "<u4", "B": "u1"}[code])
    values = array.array(code)
    values.frombytes(part)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _encode_column(values: Any, code: str) -> bytes:
    if code == "name":
        packed = []
        for name in values:
            text = str(name).encode("ascii")
            if not 1 <= len(text) <= 24:
                raise ValueError(f"the name of a figure has {len(text)} characters; allowed are 1 to 24")
            packed.append(struct.unpack("<3q", text.ljust(24, b"\0")))
        return b"".join(_encode_column([words[word] for words in packed], "q") for word in range(3))
    if numpy is not None:
        data = numpy.ascontiguousarray(values, dtype={"q": "<i8", "d": "<f8", "I": "<u4", "B": "u1"}[code]).tobytes()
    else:
        column = values if isinstance(values, array.array) and values.typecode == code else array.array(code, values)
        if sys.byteorder == "big":
            column = array.array(code, column)
            column.byteswap()
        data = column.tobytes()
    return data + bytes(-len(data) % 8)


def _encode_frame(frame: Frame, identity: int) -> bytes:
    if isinstance(frame, (bytes, bytearray)):
        body, kind, count, rows = bytes(frame) + bytes(-len(frame) % 8), "bytes", 1, len(frame)
    elif isinstance(frame, Matrix):
        kind, count, rows = "matrix", len(frame.columns), frame.rows
        body = b"".join(_encode_column(column, "d") for column in frame.columns)
    else:
        kind, rows = frame.kind, len(frame)
        columns = [_encode_column(frame.columns[name], code) for name, code in FIELDS[kind]]
        columns += [_encode_column(column, "d") for column in frame.extra]
        body, count = b"".join(columns), len(columns) + (2 if kind == "figures" else 0)
    return HEADER.pack(MAGIC, NUMBERS[kind], count, identity, rows, 0, len(body)) + body


def _rows(frame: Frame) -> int:
    return frame.rows if isinstance(frame, Matrix) else len(frame)


def _row_size(frame: Frame) -> int:
    if isinstance(frame, (bytes, bytearray)):
        return 1
    if isinstance(frame, Matrix):
        return max(8, 8 * len(frame.columns))
    return sum(SIZES[code] for _, code in FIELDS[frame.kind]) + 8 * len(frame.extra)


def _most_rows(frame: Frame) -> int:
    """Rows of one frame at most, with room for what fills columns up."""
    most = max(1, (FRAME_LIMIT - (1 << 20)) // _row_size(frame))
    return min(most, 65_536) if isinstance(frame, Columns) and frame.kind == "order_books" else most


def _cut(frames: Sequence[Frame]) -> Iterator[tuple[int, Frame]]:
    """The pieces that go before a message as parts, with the number of their frame, while the rest is too large for one."""
    def size(rest: Sequence[Frame]) -> int:
        return sum(_rows(frame) * _row_size(frame) + (1 << 12) for frame in rest)
    for number, frame in enumerate(frames):
        rest, most = frames[number:], _most_rows(frame)
        if size(rest) <= FRAME_LIMIT - (1 << 20) and all(_rows(other) <= _most_rows(other) for other in rest):
            return
        for start in range(0, max(1, _rows(frame)), most):
            end = min(_rows(frame), start + most)
            yield number, frame[start:end] if isinstance(frame, (bytes, bytearray)) else frame.part(start, end)


def _joined(pieces: list[Frame]) -> Frame:
    """Puts the pieces of a frame together."""
    first = pieces[0]
    if len(pieces) == 1:
        return first
    if isinstance(first, bytes):
        return b"".join(pieces)
    if isinstance(first, Matrix):
        return Matrix(sum(piece.rows for piece in pieces),
                      [_chained([piece.columns[index] for piece in pieces]) for index in range(len(first.columns))])
    width = max(len(piece.extra) for piece in pieces)
    if first.kind == "order_books":
        pieces = [_deepened(piece, width // 4) for piece in pieces]
    if any(len(piece.extra) != width for piece in pieces):
        raise PluginError("malformed", "the parts of a frame have different columns")
    return Columns(first.kind, {name: _chained([piece.columns[name] for piece in pieces]) for name in first.columns},
                   [_chained([piece.extra[index] for piece in pieces]) for index in range(width)])


def _deepened(books: Columns, depth: int) -> Columns:
    """Order books with columns for so many levels."""
    own, nothing = len(books.extra) // 4, [math.nan] * len(books)
    levels = [_plain(books.extra[group * own + level]) if level < own else nothing
              for group in range(4) for level in range(depth)]
    return Columns(books.kind, {name: _plain(column) for name, column in books.columns.items()}, levels)


def _chained(columns: list[Any]) -> Any:
    if numpy is not None and not isinstance(columns[0], list):
        return numpy.concatenate(columns)
    whole = columns[0][:]
    for column in columns[1:]:
        whole += column
    return whole


def _read_exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) != count:
        raise EOFError("the host closed the stream inside a frame")
    return data


def _read_frame(stream: BinaryIO, identity: int) -> Frame:
    magic, number, count, owner, rows, _, length = HEADER.unpack(_read_exactly(stream, HEADER.size))
    if magic != MAGIC or number not in KINDS or owner != identity or length > FRAME_LIMIT:
        raise PluginError("malformed", f"a frame header is wrong: kind {number}, id {owner}, {length} bytes")
    data, kind = memoryview(_read_exactly(stream, length)), KINDS[number]
    if kind == "bytes":
        return bytes(data[:rows])
    codes = [] if kind == "matrix" else [code for _, code in FIELDS[kind]]
    if kind != "figures":
        codes += ["d"] * (count - len(codes))
    columns, offset = [], 0
    for code in codes:
        columns.append(_decode_column(data[offset:], code, rows))
        offset += (SIZES[code] * rows + 7) // 8 * 8
    if kind == "matrix":
        return Matrix(rows, columns)
    names = [name for name, _ in FIELDS[kind]]
    return Columns(kind, dict(zip(names, columns)), columns[len(names):])


class Host:
    """The plugin's end of the protocol; safe from any thread."""

    def __init__(self, source: BinaryIO, target: BinaryIO) -> None:
        self._source, self._target, self._lock = source, target, threading.Lock()
        self._parts: dict[int, list[list[Frame]]] = {}

    def send(self, kind: str, identity: int = 0, body: dict[str, Any] | None = None,
             frames: Sequence[Frame] = ()) -> None:
        with self._lock:
            last = -1
            for last, piece in _cut(frames):
                self._write("part", identity, {"frame": last}, [piece])
            self._write(kind, identity, body or {}, frames[last + 1:])
            self._target.flush()

    def _write(self, kind: str, identity: int, body: dict[str, Any], frames: Sequence[Frame]) -> None:
        message = dict(body, type=kind)
        if identity:
            message["id"] = identity
        if frames:
            message["frames"] = len(frames)
        line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        self._target.write(line + b"".join(_encode_frame(frame, identity) for frame in frames))

    def receive(self) -> tuple[dict[str, Any], list[Frame]] | None:
        """The next message; the parts that came before it are put together."""
        while True:
            line = self._source.readline(LINE_LIMIT + 1)
            if not line:
                return None
            if len(line) > LINE_LIMIT:
                raise PluginError("malformed", "a line is too long")
            message = json.loads(line)
            identity = message.get("id", 0)
            frames = [_read_frame(self._source, identity) for _ in range(message.get("frames", 0))]
            if message.get("type") != "part":
                return message, [_joined(pieces) for pieces in self._parts.pop(identity, [])] + frames
            parts = self._parts.setdefault(identity, [])
            if message["frame"] == len(parts):
                parts.append([])
            parts[message["frame"]] += frames

    def log(self, text: str, level: str = "info", **data: object) -> None:
        """Writes to the host's log; level trace, debug, info or warning."""
        self.send("log", body={"level": level, "message": text, "data": {k: str(v) for k, v in data.items()}})

    def metric(self, name: str, value: float) -> None:
        """Reports a number."""
        self.send("metric", body={"name": name, "value": value})


def _is_of(value: Any, option: dict[str, Any]) -> bool:
    """Whether a value is of an option's declared type and range."""
    kind, low, high = option.get("type"), option.get("minimum"), option.get("maximum")
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind in ("text", "symbol", "secret", "path", "reference"):
        return isinstance(value, str)
    if kind == "choice":
        return value in option.get("words", [])
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("texts", "list"):
        return isinstance(value, list) and (kind == "list" or all(isinstance(item, str) for item in value))
    if kind in ("map", "record"):
        return isinstance(value, dict)
    if not is_number or not math.isfinite(value) or (kind == "integer" and value != int(value)):
        return False
    return (low is None or value >= low) and (high is None or value <= high)


def _checked(options: dict[str, Any], declared: list[dict[str, Any]]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Returns the options with the defaults filled in, and what is wrong with them as (option, message)."""
    filled, faults = dict(options), []
    for option in declared:
        name = option["name"]
        if filled.get(name) is None:
            if option.get("default") is not None:
                filled[name] = option["default"]
            elif option.get("required"):
                faults.append((name, "is missing. Set it."))
        elif not _is_of(filled[name], option):
            allowed = option.get("words") or f"{option.get('minimum', '')}...{option.get('maximum', '')}".strip(".")
            faults.append((name, f"is no {option['type']}; allowed {allowed or 'a ' + option['type']}. Correct it."))
    return filled, faults


def _fault(option: str, message: str, place: tuple[int, int] | None = None) -> dict[str, Any]:
    return dict({"option": option, "message": message}, **({"range": list(place)} if place else {}))


class Plugin:
    """What every kind has. `descriptor` holds kind, name, version, summary, options, outputs, reads, provider, accepts."""

    descriptor: dict[str, Any] = {}

    def __init__(self, options: dict[str, Any], host: Host) -> None:
        self.options, self.host = options, host

    @classmethod
    def validate(cls, options: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Returns faults as (option, message), or (option, message, (start, end)) with the bytes of the option's text that are
        at fault; no I/O."""
        return []

    def probe(self) -> None:
        """Raises PluginError where the outside is not usable."""

    def stop(self) -> None:
        """Gives back what the instance holds."""


class Indicator(Plugin):
    """Override `fresh`, `update` (or `update_run`) and, where the state is no JSON value, `save` and `restore`.

    `descriptor["reads"]` is the kind of event it reads; `bar` where there is none."""

    warm_up = 0

    @classmethod
    def outputs(cls, options: dict[str, Any]) -> list[dict[str, Any]]:
        """Returns the columns that these options give, in order; override where they depend on options."""
        return cls.descriptor["outputs"]

    def fresh(self) -> Any:
        """Returns a fresh state."""
        raise NotImplementedError

    def update(self, state: Any, event: dict[str, Any]) -> Sequence[float] | None:
        """Takes one event and changes the state; returns the outputs, or None to refuse the event.

        The event holds the fields of its kind: `open`, `close`; `price`, `size`, `side`; `bids`, `asks` of an order book."""
        raise NotImplementedError

    def update_run(self, state: Any, run: Columns) -> tuple[list[Any], list[int]]:
        """Takes a run of events of one instrument; returns one sequence a column, and the positions of refused events."""
        width = len(self.outputs(self.options))
        columns: list[list[float]] = [[] for _ in range(width)]
        refused: list[int] = []
        for row, event in enumerate(run.rows()):
            values = self.update(state, event)
            if values is None:
                refused.append(row)
                values = [math.nan] * width
            if len(values) != width:
                raise ValueError(f"update returned {len(values)} numbers; outputs has {width} columns")
            for column, value in zip(columns, values):
                column.append(value)
        return columns, refused

    def save(self, state: Any) -> bytes:
        return json.dumps(state).encode()

    def restore(self, data: bytes) -> Any:
        return json.loads(data)


class Sink(Plugin):
    """Override `write`; `checkpoint` returns when everything written is durable."""

    def write(self, batch: dict[str, Any], frames: list[Frame]) -> dict[str, Any] | None:
        """Writes a batch; returns None, or {"rejected": [{"row", "reason"}], "retry": [rows]}."""
        raise NotImplementedError

    def checkpoint(self) -> None:
        """Makes everything written durable."""

    def is_empty(self) -> bool:
        """Whether nothing of an earlier run is there any more; False where that cannot be told."""
        return False


class Model(Plugin):
    """Override `fit`, `load` and `predict`. An artifact must not be able to execute code: no pickle."""

    steps: int | None = 1
    """Steps of the window a row holds, oldest first; None where the model takes any."""

    def fit(self, features: list[str], values: Any, labels: Any, seed: int, threads: int,
            progress: Callable[[float], None]) -> bytes:
        """Learns from rows and labels; returns the artifact.

        A row of `values` is the window of one example, `steps * features` numbers, oldest step first. With numpy the windows
        of one matrix share its memory where they stand at equal distances: do not change them. One that also takes
        `examples` is given `examples.time` and `examples.instrument`, one a row, in ascending time, and `examples.weight`: how
        much each counts, None where all count alike; only where the descriptor says `"weighs": True` are there any. One that
        takes `report` tells numbers for the card by it: `report("rounds", 40)`."""
        raise NotImplementedError

    def load(self, artifact: bytes, features: list[str]) -> Any:
        """Returns what `predict` needs; raises PluginError("corrupted", ...) for other bytes."""
        raise NotImplementedError

    def predict(self, fitted: Any, values: Any) -> Sequence[Sequence[float]]:
        """Returns one row of outputs for each row of values.

        Where the descriptor says `"learns": True`, `fitted` is also what `learner` returned."""
        raise NotImplementedError

    def learner(self, fitted: Any) -> Any:
        """Returns what one instrument begins with, for a model that learns: `predict` takes it, `learn` changes it.

        What `load` returned is shared by all and must stay as it is."""
        return copy.deepcopy(fitted)

    def learn(self, learner: Any, row: Any, label: float) -> None:
        """Learns what became of a row that was predicted; raises PluginError("quality", ...) for what it cannot use.

        Labels come in their order, each once. The same labels must give the same bits, also over `save` and `restore`."""
        raise NotImplementedError

    def save(self, learner: Any) -> bytes:
        """Returns everything an instrument taught; override where it is no JSON value."""
        return json.dumps(learner).encode()

    def restore(self, data: bytes, fitted: Any) -> Any:
        """Returns the learner that `save` gave, of the same fit; raises PluginError("corrupted", ...) for other bytes."""
        return json.loads(data)


@dataclass
class Push:
    """One push of a stream: events, where the stream stands after them, what could not be read."""

    events: Columns
    position: str
    defects: list[dict[str, str]] = field(default_factory=list)


class Provider(Plugin):
    """Override `fetch` (pull) and `stream` (push), as `descriptor["provider"]` declares."""

    def fetch(self, request: dict[str, Any]) -> tuple[Columns, list[dict[str, str]]]:
        """Returns events and defects for a request with kind, instruments, timeframe, from and to.

        `kind` is one of EVENTS; of quotes and order books the last of each instrument is asked for."""
        raise PluginError("unsupported", "this provider answers no requests")

    def instruments(self) -> list[str]:
        """Returns every instrument the source has, as `CODE.VENUE`."""
        raise PluginError("unsupported", "this provider has no list of instruments")

    def trading_days(self, venue: str, first: int, last: int) -> list[int]:
        """Returns the trading days of a venue in a range, as days since 1970-01-01, ascending."""
        raise PluginError("unsupported", "this provider has no trading calendar")

    def stream(self, subscription: dict[str, Any]) -> Iterator[Push]:
        """Yields pushes; it is asked for the next one only when the host has room."""
        raise PluginError("unsupported", "this provider has no stream")

    def acknowledge(self, position: str) -> None:
        """Learns that everything up to a position is durable."""


def _windows(rows: Matrix, starts: Any, steps: int) -> Any:
    """The windows of `steps` rows that begin at `starts`, one a row."""
    if numpy is None:
        table = list(zip(*rows.columns))
        return [tuple(value for row in table[int(start):int(start) + steps] for value in row) for start in starts]
    table = numpy.ascontiguousarray(rows.by_rows(), dtype="<f8")
    width, begins = table.shape[1], numpy.asarray(starts).astype(int)
    if len(begins) == 0 or width == 0:
        return numpy.zeros((len(begins), steps * width))
    gaps = numpy.diff(begins)
    if len(gaps) == 0 or (gaps == gaps[0]).all() and gaps[0] > 0:
        step = int(gaps[0]) if len(gaps) else 1
        return numpy.lib.stride_tricks.as_strided(
            table[begins[0]:], (len(begins), steps * width), (step * width * 8, 8), writeable=False)
    if steps == 1:
        return table[begins]
    return numpy.stack([table[begin:begin + steps].reshape(-1) for begin in begins])


class _Session:
    def __init__(self, plugin: type[Plugin], host: Host) -> None:
        self.type, self.host = plugin, host
        self.plugin: Any = None
        self.states: dict[int, Any] = {}
        self.fitted: dict[int, Any] = {}
        self.widths: dict[int, int] = {}
        self.learners: dict[int, Any] = {}
        self.credits: dict[int, threading.Semaphore] = {}
        self.cancelled: set[int] = set()
        self.told: set[tuple[type, str]] = set()

    def run(self) -> int:
        while True:
            received = self.host.receive()
            if received is None:
                return 0
            message, frames = received
            kind, identity = message["type"], message.get("id", 0)
            if kind == "stop":
                if self.plugin is not None:
                    self.plugin.stop()
                return 0
            if kind in ("start", "fetch", "fit", "instruments", "trading_days"):
                threading.Thread(target=self.answer, args=(kind, identity, message, frames), daemon=True).start()
            else:
                self.answer(kind, identity, message, frames)
                if kind == "hello" and PROTOCOL not in message.get("versions", []):
                    return 2

    def answer(self, kind: str, identity: int, message: dict[str, Any], frames: list[Frame]) -> None:
        try:
            handler = getattr(self, "on_" + kind, None)
            if handler is None:
                raise PluginError("unsupported", f"the request {kind!r} is not known to SDK {__version__}")
            result = handler(message, frames)
            if result is not None and identity:
                body, out = result
                self.host.send("hello" if kind == "hello" else "result", identity, body, out)
        except Exception as error:  # the plugin's own fault: the host decides what to do
            self.fault(identity, *self.told_of(error))

    def told_of(self, error: Exception) -> tuple[str, str, float | None]:
        """Code, message and delay of a fault; writes to the log where the plugin did not mean it."""
        if isinstance(error, PluginError):
            return error.code, error.message[:2000], error.retry_after
        import traceback
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}, line {place.lineno}"
        if (type(error), where) not in self.told:  # each place once: the host counts
            self.told.add((type(error), where))
            lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
            self.host.log(" | ".join(lines.strip().split("\n")), "warning")
        return "transient", f"{type(error).__name__}: {error} ({where})"[:2000], None

    def fault(self, identity: int, code: str, text: str, after: float | None) -> None:
        body: dict[str, Any] = {"code": code, "message": text[:2000]}
        if after is not None:
            body["retry_after"] = after
        if identity:
            self.host.send("error", identity, body)
        else:
            print(f"{code}: {text}", file=sys.stderr)

    def on_hello(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if message.get("protocol") != "penstock-stdio" or PROTOCOL not in message.get("versions", []):
            raise PluginError("unsupported", f"SDK {__version__} speaks penstock-stdio {PROTOCOL}, the host "
                              f"{message.get('protocol')} {message.get('versions')}")
        return {"version": PROTOCOL, "frames_form": "binary", "sdk": f"python {__version__}"}, []

    def on_describe(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {"descriptor": self.type.descriptor}, []

    def on_validate(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        options, faults = _checked(message["options"], self.type.descriptor.get("options", []))
        faults = faults or self.type.validate(options)
        body: dict[str, Any] = {"faults": [_fault(*fault) for fault in faults]}
        if not faults and issubclass(self.type, Indicator):
            body["outputs"] = self.type.outputs(options)
        return body, []

    def on_configure(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        options, faults = _checked(message["options"], self.type.descriptor.get("options", []))
        if faults:
            raise PluginError("configuration", "'{}' {}".format(*faults[0]))
        self.plugin = self.type(options, self.host)
        self.plugin.base_directory = message.get("base_directory", ".")
        self.plugin.state_directory = message.get("state_directory", ".")
        if not isinstance(self.plugin, Indicator):
            return {}, []
        return {"warm_up": self.plugin.warm_up, "outputs": self.type.outputs(options)}, []

    def on_probe(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.plugin.probe()
        return {}, []

    def on_ping(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {}, []

    def on_run(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        made: list[list[Any]] = []
        refused: list[int] = []
        faults: list[dict[str, Any]] = []
        width, start = len(self.type.outputs(self.plugin.options)), 0
        for identity, count in zip(message["states"], message["counts"]):
            try:
                if identity not in self.states:
                    self.states[identity] = self.plugin.fresh()
                columns, rows = self.plugin.update_run(self.states[identity], frames[0].part(start, start + count))
                if len(columns) != width or any(len(column) != count for column in columns):
                    raise ValueError(f"update_run returned other than {width} columns of {count} rows")
                refused += [start + row for row in rows]
            except Exception as error:  # one instrument's fault leaves the others as they are
                code, text, _ = self.told_of(error)
                faults.append({"state": identity, "code": code, "message": text})
                columns = [[math.nan] * count for _ in range(width)]
            made.append(columns)
            start += count
        body: dict[str, Any] = {"refused": refused} if refused else {}
        if faults:
            body["faults"] = faults
        values = [_chained([_plain(columns[index]) for columns in made]) if len(made) != 1 else made[0][index]
                  for index in range(width)]
        return body, [Matrix(start, values)]

    def on_checkpoint(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if "learner" in message:
            return {}, [self.plugin.save(self.learner(message))]
        if "states" not in message:
            self.plugin.checkpoint()
            return {}, []
        saved = [self.plugin.save(self.states[identity] if identity in self.states else self.plugin.fresh())
                 for identity in message["states"]]
        return {"counts": [len(data) for data in saved]}, [b"".join(saved)]

    def on_restore(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if "learner" in message:
            fitted = self.fitted[message["predictor"]]
            self.learners[message["learner"]] = self.restored(frames[0], fitted)
            return {}, []
        restored, start = {}, 0
        for identity, count in zip(message["states"], message["counts"]):
            restored[identity] = self.restored(frames[0][start:start + count])
            start += count
        self.states.update(restored)
        return {}, []

    def restored(self, data: bytes, *of: Any) -> Any:
        """What `restore` gives; bytes that it cannot read are damaged, whatever it raises."""
        try:
            return self.plugin.restore(data, *of)
        except PluginError:
            raise
        except Exception as error:
            raise PluginError("corrupted", f"the saved state cannot be read: {type(error).__name__}: {error}") from error

    def on_drop(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        for identity in message.get("states", []):
            self.states.pop(identity, None)
        self.learners.pop(message.get("learner", 0), None)
        self.fitted.pop(message.get("predictor", 0), None)
        self.widths.pop(message.get("predictor", 0), None)

    def on_is_empty(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {"empty": self.plugin.is_empty()}, []

    def on_write(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if message["kind"] not in self.type.descriptor.get("accepts", []):
            raise PluginError("unsupported", f"it takes no {message['kind']}.")
        receipt = self.plugin.write(message, frames) or {}
        return dict(receipt, sequence=message["sequence"]), []

    def check_steps(self, message: dict[str, Any], code: str) -> None:
        if self.plugin.steps not in (None, message.get("time", 1)):
            raise PluginError(code, f"a row has {message['time']} steps; allowed {self.plugin.steps}.")

    def on_fit(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.check_steps(message, "unsupported")
        def progress(fraction: float) -> None:
            if message["id"] in self.cancelled:
                raise PluginError("cancelled", "the fit was cancelled")
            self.host.send("progress", message["id"], {"fraction": fraction})
        values = _windows(frames[0], frames[1].extra[0], message.get("time", 1))
        figures: dict[str, float] = {}
        examples = frames[1]
        examples.weight = examples.extra[1] if len(examples.extra) > 1 else None
        more = {"examples": examples, "report": figures.__setitem__}
        taken = inspect.signature(self.plugin.fit).parameters
        artifact = self.plugin.fit(message["features"], values, examples.value, message["seed"], message["threads"],
                                   progress, **{name: value for name, value in more.items() if name in taken})
        return {"figures": figures} if figures else {}, [artifact]

    def on_load(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.widths[message["predictor"]] = len(message["features"])
        self.fitted[message["predictor"]] = self.plugin.load(frames[0], message["features"])
        learns = {"learns": True} if self.type.descriptor.get("learns") else {}
        return dict(learns, outputs=self.type.descriptor["outputs"]), []

    def on_predict(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.check_steps(message, "bad_request")
        width = self.widths.get(message["predictor"], 0) * message.get("time", 1)
        if len(frames[0].columns) != width:
            raise PluginError("bad_request", f"a row has {len(frames[0].columns)} numbers; allowed {width}.")
        learned = self.learner(message) if "learner" in message else self.fitted[message["predictor"]]
        rows = self.plugin.predict(learned, frames[0].by_rows())
        return {}, [Matrix.of_rows(rows, len(self.type.descriptor["outputs"]))]

    def learner(self, message: dict[str, Any]) -> Any:
        """What an instrument taught; one seen first begins with the fit."""
        identity = message["learner"]
        if identity not in self.learners:
            self.learners[identity] = self.plugin.learner(self.fitted[message["predictor"]])
        return self.learners[identity]

    def on_learn(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        learner, refused = self.learner(message), []
        if len(frames[0].columns) != self.widths.get(message["predictor"], 0):
            raise PluginError("bad_request", f"a row has {len(frames[0].columns)} numbers; allowed "
                              f"{self.widths.get(message['predictor'], 0)}.")
        combines = self.type.descriptor.get("combines")
        for place, (row, label) in enumerate(zip(frames[0].by_rows(), _plain(frames[1].columns[0]))):
            try:
                if not math.isfinite(label) or not combines and not all(math.isfinite(number) for number in row):
                    raise PluginError("quality", "a row or its label is no finite number; nothing was learned of it.")
                self.plugin.learn(learner, row, label)
            except Exception as error:
                code, text, _ = self.told_of(error)
                refused.append({"row": place, "code": code, "message": text})
        return ({"refused": refused} if refused else {}), []

    def on_fetch(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        events, defects = self.plugin.fetch(message)
        return {"defects": defects}, [events]

    def on_instruments(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {"instruments": list(self.plugin.instruments())}, []

    def on_trading_days(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {"days": list(self.plugin.trading_days(message["venue"], message["first"], message["last"]))}, []

    def on_start(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        identity = message["id"]
        credits = self.credits.setdefault(identity, threading.Semaphore(0))
        for _ in range(message["credits"]):
            credits.release()
        for number, push in enumerate(self.plugin.stream(message), 1):
            credits.acquire()
            if identity in self.cancelled:
                raise PluginError("cancelled", "the stream was cancelled")
            body = {"sequence": number, "position": push.position, "defects": push.defects}
            self.host.send("batch", identity, body, [push.events])
        return {}, []

    def on_credit(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        credits = self.credits.setdefault(message["id"], threading.Semaphore(0))
        for _ in range(message.get("credits", 1)):
            credits.release()

    def on_cancel(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.cancelled.add(message["id"])
        self.credits.setdefault(message["id"], threading.Semaphore(0)).release()

    def on_acknowledge(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.plugin.acknowledge(message["position"])


def run(plugin: type[Plugin]) -> None:
    """Serves the plugin over standard input and output until the host stops it."""
    target = os.fdopen(os.dup(1), "wb", buffering=1 << 18)
    os.dup2(2, 1)  # a stray print goes to the log, never between two messages
    sys.stdout.reconfigure(line_buffering=True)
    source = os.fdopen(os.dup(0), "rb", buffering=1 << 18)
    sys.exit(_Session(plugin, Host(source, target)).run())
