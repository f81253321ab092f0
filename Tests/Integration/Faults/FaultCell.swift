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
    var tier = "process"
    /// The call that breaks: `stream`, `write`, `fit`, `hello` ...
    let call: String
    /// What it does, a word the plugin of the tests knows.
    let fault: String
    let when: When
    /// The instance's `on_failure`.
    let policy: String
    let ends: End
    /// What the host says of it.
    let says: String
    /// Rows that the pipeline accepts in the end.
    var rows = FaultMatrix.rows
    /// Rows it refuses.
    var refused = 0

    /// A provider that gives `FaultyProvider.rows` rows.
    static func provider(
        _ call: String, _ fault: String, _ when: When, _ ends: End, says: String, policy: String = "error",
        rows: Int? = nil, refused: Int = 0
    ) -> FaultCell {
        let before = call == "stream" ? FaultyProvider.rows / 2 : 0
        return FaultCell(
            kind: "provider", call: call, fault: fault, when: when, policy: policy, ends: ends,
            says: says, rows: rows ?? (ends == .recovers ? FaultyProvider.rows : before), refused: refused)
    }

    /// A sink, beside one that works.
    static func sink(
        _ call: String, _ fault: String, _ when: When, _ ends: End, says: String, policy: String = "error"
    ) -> FaultCell {
        FaultCell(kind: "sink", call: call, fault: fault, when: when, policy: policy, ends: ends, says: says)
    }

    /// An indicator.
    static func indicator(
        _ call: String, _ fault: String, _ when: When, _ ends: End, says: String, policy: String = "error"
    ) -> FaultCell {
        FaultCell(kind: "indicator", call: call, fault: fault, when: when, policy: policy, ends: ends, says: says)
    }

    /// A model.
    static func model(
        _ call: String, _ fault: String, _ when: When, _ ends: End, says: String, policy: String = "error"
    ) -> FaultCell {
        FaultCell(kind: "model", call: call, fault: fault, when: when, policy: policy, ends: ends, says: says)
    }

    /// The instance's id in the manifest.
    var id: String {
        (tier == "process" ? "" : "\(kind)_") + "\(call)_\(fault)_\(when)" + (policy == "error" ? "" : "_\(policy)")
    }
}
