/// One cell of the fault matrix: what breaks, how and when, and what must hold.
struct FaultCell: Sendable {
    /// When it breaks.
    enum When: String, Sendable {
        /// Before it has done anything, the first time only.
        case start
        /// After half of its work, the first time only.
        case once
        /// After half of its work, each time.
        case always
    }

    /// What becomes of it in the end.
    enum End: String, Sendable {
        /// It works again by itself, `ok`, with every row exactly once.
        case recovers
        /// It stays `degraded` with the reason and is tried again.
        case degraded
        /// It is given up, `failed` with the reason.
        case failed
    }

    /// Kind of the plugin: `provider`, `sink` ...
    let kind: String
    /// How it is kept apart from the host.
    let tier: String
    /// The call that breaks: `stream`, `fetch`, `probe`, `hello`.
    let call: String
    /// What it does, a word the plugin of the tests knows.
    let fault: String
    let when: When
    /// The instance's `on_failure`.
    let policy: String
    let ends: End
    /// What the host says of it.
    let says: String
    /// Rows that arrive in the end.
    let rows: Int

    /// A provider in a process of its own that gives `FaultyProvider.rows` rows.
    static func provider(
        _ call: String, _ fault: String, _ when: When, _ ends: End, says: String, policy: String = "error"
    ) -> FaultCell {
        let before = call == "stream" ? FaultyProvider.rows / 2 : 0
        return FaultCell(
            kind: "provider", tier: "process", call: call, fault: fault, when: when, policy: policy, ends: ends,
            says: says, rows: ends == .recovers ? FaultyProvider.rows : before)
    }

    /// The instance's id in the manifest.
    var id: String { "\(call)_\(fault)_\(when)" + (policy == "error" ? "" : "_\(policy)") }
}

/// The matrix: to add a cell is to add a line.
enum FaultMatrix {
    static let cells: [FaultCell] = [
        .provider("stream", "raise", .start, .recovers, says: "KeyError: 'close'"),
        .provider("stream", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .provider("stream", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .provider("stream", "transient", .once, .recovers, says: "told to be transient"),
        .provider("stream", "transient", .always, .degraded, says: "told to be transient"),
        .provider("stream", "wait", .once, .recovers, says: "told to be rate_limited"),
        .provider("stream", "rate_limited", .always, .degraded, says: "told to be rate_limited"),
        .provider("stream", "malformed", .once, .recovers, says: "told to be malformed"),
        .provider("stream", "malformed", .always, .degraded, says: "told to be malformed"),
        .provider("stream", "quality", .once, .recovers, says: "told to be quality"),
        .provider("stream", "environment", .once, .recovers, says: "told to be environment"),
        .provider("stream", "cancelled", .once, .recovers, says: "told to be cancelled"),
        .provider("stream", "no_such_code", .once, .recovers, says: "told to be no_such_code"),
        .provider("stream", "auth", .always, .degraded, says: "told to be auth"),
        .provider("stream", "permission", .always, .degraded, says: "told to be permission"),
        .provider("stream", "banned", .always, .degraded, says: "told to be banned"),
        .provider("stream", "configuration", .once, .recovers, says: "told to be configuration"),
        .provider("stream", "configuration", .always, .failed, says: "told to be configuration"),
        .provider("stream", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .provider("stream", "unsupported", .always, .failed, says: "told to be unsupported"),
        .provider("stream", "exit", .start, .recovers, says: "exited with status 7"),
        .provider("stream", "exit", .once, .recovers, says: "exited with status 7"),
        .provider("stream", "exit", .always, .failed, says: "quarantined"),
        .provider("stream", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .provider("stream", "kill", .once, .recovers, says: "was ended by signal 9"),
        .provider("stream", "garbage", .once, .recovers, says: "provider/stream_garbage_once: "),
        .provider("stream", "sequence", .once, .recovers, says: "does not follow the last"),
        .provider("stream", "credit", .once, .recovers, says: "more batches than its 8 credits"),
        .provider("stream", "unknown", .once, .recovers, says: "of the instruments asked for"),
        .provider("stream", "pause", .once, .recovers, says: "nothing has come for"),
        .provider("stream", "hang", .once, .degraded, says: "nothing has come for"),
        .provider("fetch", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .provider("fetch", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .provider("fetch", "transient", .once, .recovers, says: "told to be transient"),
        .provider("fetch", "malformed", .once, .recovers, says: "told to be malformed"),
        .provider("fetch", "auth", .always, .degraded, says: "told to be auth"),
        .provider("fetch", "exit", .once, .recovers, says: "exited with status 7"),
        .provider("fetch", "kill", .once, .recovers, says: "was ended by signal 9"),
        .provider("fetch", "garbage", .once, .recovers, says: "provider/fetch_garbage_once: "),
        .provider("fetch", "unknown", .once, .recovers, says: "of the instruments asked for"),
        .provider("probe", "environment", .always, .degraded, says: "told to be environment", policy: "retry"),
        .provider("probe", "environment", .always, .failed, says: "told to be environment", policy: "ignore"),
        .provider("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "retry"),
        .provider("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .provider("hello", "exit", .always, .failed, says: "exited with status 7", policy: "ignore"),
        .provider("hello", "hang", .always, .degraded, says: "was not answered in time", policy: "retry"),
    ]

    /// The table of the documentation: what becomes of each fault.
    static var table: String {
        var lines = ["| Plugin | Call | Fault | When | `on_failure` | In the end |", "|---|---|---|---|---|---|"]
        for cell in cells {
            lines.append(
                "| \(cell.kind), \(cell.tier) | `\(cell.call)` | \(cell.fault) | \(cell.when) | \(cell.policy) | \(cell.ends) |"
            )
        }
        return lines.joined(separator: "\n")
    }
}
