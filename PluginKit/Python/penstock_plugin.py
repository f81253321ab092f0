"""Write a Penstock plugin in Python: one file, standard library only, numpy used when present.

Subclass Indicator, Sink, Model or Provider, give it a `descriptor`, and end the file with `run(YourClass)`.
`print` goes to standard error, which is the plugin's log. Protocol: docs/plugin-protocol.md.
"""
from __future__ import annotations

import array
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

__version__ = "1.0.0"
MAGIC = b"\xf5PS1"
HEADER = struct.Struct("<4sHHQIIQ")
KINDS = {1: "bars", 2: "quotes", 3: "trades", 4: "matrix", 5: "predictions", 6: "bytes", 7: "features"}
NUMBERS = {name: number for number, name in KINDS.items()}
FIELDS: dict[str, list[tuple[str, str]]] = {
    "bars": [("time", "q"), ("open", "d"), ("high", "d"), ("low", "d"), ("close", "d"), ("volume", "d"),
             ("amount", "d"), ("instrument", "I"), ("flags", "I")],
    "quotes": [("time", "q"), ("bid", "d"), ("ask", "d"), ("bid_size", "d"), ("ask_size", "d"),
               ("instrument", "I"), ("flags", "I")],
    "trades": [("time", "q"), ("price", "d"), ("size", "d"), ("instrument", "I"), ("flags", "I"), ("side", "B")],
    "predictions": [("time", "q"), ("value", "d"), ("price", "d"), ("instrument", "I"), ("flags", "I")],
    "features": [("time", "q"), ("price", "d"), ("instrument", "I"), ("flags", "I")],
}
SIZES = {"q": 8, "d": 8, "I": 4, "B": 1}
LINE_LIMIT = 4 << 20
FRAME_LIMIT = 64 << 20


class PluginError(Exception):
    """A classified fault; codes as in the host: rate_limited, auth, not_found, no_data, transient, environment, ..."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after


@dataclass
class Columns:
    """Rows of bars, quotes, trades, predictions or features, one sequence a column: `bars.close[3]`."""

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


def bars(rows: Iterable[Sequence[float]]) -> Columns:
    """Makes bars from rows of (time ns, open, high, low, close, volume, amount, instrument id)."""
    table = [tuple(row) for row in rows]
    names = [name for name, _ in FIELDS["bars"][:-1]]
    columns: dict[str, Any] = {name: [row[index] for row in table] for index, name in enumerate(names)}
    columns["flags"] = [0] * len(table)
    return Columns("bars", columns)


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

    def by_rows(self) -> Any:
        """The numbers as rows: a numpy array where numpy is there, else a list of tuples."""
        if numpy is not None:
            return numpy.column_stack(self.columns) if self.columns else numpy.zeros((self.rows, 0))
        return list(zip(*self.columns))


Frame = Any  # Columns | Matrix | bytes


def _decode_column(data: memoryview, code: str, rows: int) -> Any:
    part = data[: SIZES[code] * rows]
    if numpy is not None:
        return numpy.frombuffer(part, dtype={"q": "<i8", "d": "<f8", "I": "<u4", "B": "u1"}[code])
    values = array.array(code)
    values.frombytes(part)
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _encode_column(values: Any, code: str) -> bytes:
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
        body, count = b"".join(columns), len(columns)
    return HEADER.pack(MAGIC, NUMBERS[kind], count, identity, rows, 0, len(body)) + body


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
    codes = ["d"] * count if kind == "matrix" else [code for _, code in FIELDS[kind]]
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

    def send(self, kind: str, identity: int = 0, body: dict[str, Any] | None = None,
             frames: Sequence[Frame] = ()) -> None:
        message = dict(body or {}, type=kind)
        if identity:
            message["id"] = identity
        if frames:
            message["frames"] = len(frames)
        line = json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n"
        with self._lock:
            self._target.write(line + b"".join(_encode_frame(frame, identity) for frame in frames))
            self._target.flush()

    def receive(self) -> tuple[dict[str, Any], list[Frame]] | None:
        line = self._source.readline(LINE_LIMIT + 1)
        if not line:
            return None
        if len(line) > LINE_LIMIT:
            raise PluginError("malformed", "a line is too long")
        message = json.loads(line)
        count = message.get("frames", 0)
        return message, [_read_frame(self._source, message.get("id", 0)) for _ in range(count)]

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


class Plugin:
    """What every kind has. `descriptor` holds kind, name, version, summary, options, outputs, provider, accepts."""

    descriptor: dict[str, Any] = {}

    def __init__(self, options: dict[str, Any], host: Host) -> None:
        self.options, self.host = options, host

    @classmethod
    def validate(cls, options: dict[str, Any]) -> list[tuple[str, str]]:
        """Returns faults as (option, message); no I/O."""
        return []

    def probe(self) -> None:
        """Raises PluginError where the outside is not usable."""

    def stop(self) -> None:
        """Gives back what the instance holds."""


class Indicator(Plugin):
    """Override `fresh`, `update` (or `update_run`) and, where the state is no JSON value, `save` and `restore`."""

    warm_up = 0

    def fresh(self) -> Any:
        """Returns a fresh state."""
        raise NotImplementedError

    def update(self, state: Any, bar: dict[str, float]) -> Sequence[float] | None:
        """Takes one bar and changes the state; returns the outputs, or None to refuse the bar."""
        raise NotImplementedError

    def update_run(self, state: Any, run: Columns) -> tuple[list[Any], list[int]]:
        """Takes a run; returns one sequence a column, and the positions of refused bars."""
        width = len(self.descriptor["outputs"])
        columns: list[list[float]] = [[] for _ in range(width)]
        refused: list[int] = []
        fields = [list(run.columns[name]) for name in ("time", "open", "high", "low", "close", "volume", "amount")]
        for row, (time, open_, high, low, close, volume, amount) in enumerate(zip(*fields)):
            values = self.update(state, {"time": time, "open": open_, "high": high, "low": low, "close": close,
                                         "volume": volume, "amount": amount})
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
        """Learns from rows and labels; returns the artifact."""
        raise NotImplementedError

    def load(self, artifact: bytes, features: list[str]) -> Any:
        """Returns what `predict` needs; raises PluginError("corrupted", ...) for other bytes."""
        raise NotImplementedError

    def predict(self, fitted: Any, values: Any) -> Sequence[Sequence[float]]:
        """Returns one row of outputs for each row of values."""
        raise NotImplementedError


@dataclass
class Push:
    """One push of a stream: events, where the stream stands after them, what could not be read."""

    events: Columns
    position: str
    defects: list[dict[str, str]] = field(default_factory=list)


class Provider(Plugin):
    """Override `fetch` (pull) and `stream` (push), as `descriptor["provider"]` declares."""

    def fetch(self, request: dict[str, Any]) -> tuple[Columns, list[dict[str, str]]]:
        """Returns events and defects for a request with kind, instruments, timeframe, from and to."""
        raise PluginError("unsupported", "this provider answers no requests")

    def stream(self, subscription: dict[str, Any]) -> Iterator[Push]:
        """Yields pushes; it is asked for the next one only when the host has room."""
        raise PluginError("unsupported", "this provider has no stream")

    def acknowledge(self, position: str) -> None:
        """Learns that everything up to a position is durable."""


class _Session:
    def __init__(self, plugin: type[Plugin], host: Host) -> None:
        self.type, self.host = plugin, host
        self.plugin: Any = None
        self.states: dict[int, Any] = {}
        self.fitted: dict[int, Any] = {}
        self.widths: dict[int, int] = {}
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
            if kind in ("start", "fetch", "fit"):
                threading.Thread(target=self.answer, args=(kind, identity, message, frames), daemon=True).start()
            else:
                self.answer(kind, identity, message, frames)
                if kind == "hello" and message.get("versions") and 1 not in message["versions"]:
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
        except PluginError as error:
            self.fault(identity, error.code, error.message, error.retry_after)
        except Exception as error:  # the plugin's own fault: the host decides what to do
            import traceback
            place = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(place.filename)}, line {place.lineno}"
            if (type(error), where) not in self.told:  # each place once: the host counts
                self.told.add((type(error), where))
                self.host.log(" | ".join(traceback.format_exc().strip().split("\n")), "warning")
            self.fault(identity, "transient", f"{type(error).__name__}: {error} ({where})", None)

    def fault(self, identity: int, code: str, text: str, after: float | None) -> None:
        body: dict[str, Any] = {"code": code, "message": text[:2000]}
        if after is not None:
            body["retry_after"] = after
        if identity:
            self.host.send("error", identity, body)
        else:
            print(f"{code}: {text}", file=sys.stderr)

    def on_hello(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if message.get("protocol") != "penstock-stdio" or 1 not in message.get("versions", []):
            raise PluginError("unsupported", f"SDK {__version__} speaks penstock-stdio 1, the host "
                              f"{message.get('protocol')} {message.get('versions')}")
        return {"version": 1, "frames_form": "binary", "sdk": f"python {__version__}"}, []

    def on_describe(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {"descriptor": self.type.descriptor}, []

    def on_validate(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        options, faults = _checked(message["options"], self.type.descriptor.get("options", []))
        faults = faults or self.type.validate(options)
        return {"faults": [{"option": option, "message": text} for option, text in faults]}, []

    def on_configure(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        options, faults = _checked(message["options"], self.type.descriptor.get("options", []))
        if faults:
            raise PluginError("configuration", "'{}' {}".format(*faults[0]))
        self.plugin = self.type(options, self.host)
        self.plugin.base_directory = message.get("base_directory", ".")
        self.plugin.state_directory = message.get("state_directory", ".")
        return {"warm_up": getattr(self.plugin, "warm_up", 0)}, []

    def on_probe(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.plugin.probe()
        return {}, []

    def on_ping(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        return {}, []

    def on_run(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        identity = message["state"]
        if identity not in self.states:
            self.states[identity] = self.plugin.fresh()
        columns, refused = self.plugin.update_run(self.states[identity], frames[0])
        body = {"refused": refused} if refused else {}
        return body, [Matrix(len(frames[0]), columns)]

    def on_checkpoint(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        if "state" not in message:
            self.plugin.checkpoint()
            return {}, []
        return {}, [self.plugin.save(self.states[message["state"]])]

    def on_restore(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.states[message["state"]] = self.plugin.restore(frames[0]) if frames[0] else self.plugin.fresh()
        return {}, []

    def on_drop(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.states.pop(message.get("state", 0), None)
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
        artifact = self.plugin.fit(message["features"], frames[0].by_rows(), frames[1].columns[0], message["seed"],
                                   message["threads"], progress)
        return {}, [artifact]

    def on_load(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.widths[message["predictor"]] = len(message["features"])
        self.fitted[message["predictor"]] = self.plugin.load(frames[0], message["features"])
        return {"outputs": self.type.descriptor["outputs"]}, []

    def on_predict(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        self.check_steps(message, "bad_request")
        width = self.widths.get(message["predictor"], 0) * message.get("time", 1)
        if len(frames[0].columns) != width:
            raise PluginError("bad_request", f"a row has {len(frames[0].columns)} numbers; allowed {width}.")
        rows = self.plugin.predict(self.fitted[message["predictor"]], frames[0].by_rows())
        return {}, [Matrix.of_rows(rows, len(self.type.descriptor["outputs"]))]

    def on_fetch(self, message: dict[str, Any], frames: list[Frame]) -> Any:
        events, defects = self.plugin.fetch(message)
        return {"defects": defects}, [events]

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
