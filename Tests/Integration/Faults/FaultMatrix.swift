/// The matrix: to add a cell is to add a line.
enum FaultMatrix {
    /// Rows of the pipelines whose sink, indicator or model breaks.
    static let rows = 240

    /// Plugins in processes of their own.
    static let processCells = providers + sinks + indicators + models

    private static let providers: [FaultCell] = [
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
        .provider("stream", "hang", .once, .recovers, says: "nothing has come for"),
        .provider("fetch", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .provider("fetch", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .provider("fetch", "transient", .once, .recovers, says: "told to be transient"),
        .provider("fetch", "malformed", .once, .recovers, says: "told to be malformed"),
        .provider("fetch", "auth", .always, .degraded, says: "told to be auth"),
        .provider("fetch", "exit", .once, .recovers, says: "exited with status 7"),
        .provider("fetch", "kill", .once, .recovers, says: "was ended by signal 9"),
        .provider("fetch", "garbage", .once, .recovers, says: "provider/fetch_garbage_once: "),
        .provider("fetch", "unknown", .once, .recovers, says: "of the instruments asked for"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .provider("probe", "environment", .always, .degraded, says: "told to be environment", policy: "retry"),
        .provider("probe", "environment", .always, .failed, says: "told to be environment", policy: "ignore"),
        .provider("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "retry"),
        .provider("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .provider("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "ignore"),
        .provider("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "ignore"),
        .provider("hello", "hang", .always, .degraded, says: "was not answered in time", policy: "retry"),
    ]

    private static let sinks: [FaultCell] = [
        .sink("write", "raise", .start, .recovers, says: "KeyError: 'close'"),
        .sink("write", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .sink("write", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .sink("write", "transient", .once, .recovers, says: "told to be transient"),
        .sink("write", "transient", .always, .degraded, says: "told to be transient"),
        .sink("write", "rate_limited", .once, .recovers, says: "told to be rate_limited"),
        .sink("write", "auth", .once, .recovers, says: "told to be auth"),
        .sink("write", "auth", .always, .degraded, says: "told to be auth"),
        .sink("write", "malformed", .once, .recovers, says: "told to be malformed"),
        .sink("write", "environment", .once, .recovers, says: "told to be environment"),
        .sink("write", "environment", .always, .degraded, says: "told to be environment"),
        .sink("write", "exit", .start, .recovers, says: "exited with status 7"),
        .sink("write", "exit", .once, .recovers, says: "exited with status 7"),
        .sink("write", "exit", .always, .failed, says: "quarantined"),
        .sink("write", "kill", .once, .recovers, says: "was ended by signal 9"),
        .sink("write", "garbage", .once, .recovers, says: "sink/write_garbage_once: "),
        .sink("write", "retry", .once, .recovers, says: ""),
        .sink("write", "retry", .always, .degraded, says: "again and again"),
        .sink("write", "hang", .always, .degraded, says: "a call takes more than a second"),
        .sink("checkpoint", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .sink("checkpoint", "transient", .always, .degraded, says: "told to be transient"),
        .sink("checkpoint", "auth", .once, .recovers, says: "told to be auth"),
        .sink("checkpoint", "exit", .once, .recovers, says: "exited with status 7"),
        .sink("checkpoint", "kill", .once, .recovers, says: "was ended by signal 9"),
        .sink("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .sink("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .sink("probe", "environment", .always, .degraded, says: "told to be environment", policy: "retry"),
        .sink("probe", "environment", .always, .failed, says: "told to be environment", policy: "ignore"),
        .sink("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "retry"),
        .sink("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .sink("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "ignore"),
        .sink("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "ignore"),
        .sink("hello", "hang", .always, .degraded, says: "was not answered in time", policy: "retry"),
    ]

    private static let indicators: [FaultCell] = [
        .indicator("update", "raise", .once, .recovers, says: ""),
        .indicator("update", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .indicator("update", "transient", .always, .degraded, says: "told to be transient"),
        .indicator("update", "shape", .always, .degraded, says: "update returned 2 numbers"),
        .indicator("update", "exit", .start, .recovers, says: "exited with status 7"),
        .indicator("update", "exit", .once, .recovers, says: "exited with status 7"),
        .indicator("update", "exit", .always, .failed, says: "quarantined"),
        .indicator("update", "kill", .once, .recovers, says: "was ended by signal 9"),
        .indicator("update", "garbage", .once, .recovers, says: "indicator/update_garbage_once: "),
        .indicator("update", "hang", .once, .recovers, says: "'run' is not answered"),
        .indicator("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "retry"),
        .indicator("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .indicator("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "ignore"),
        .indicator("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "ignore"),
        .indicator("hello", "hang", .always, .degraded, says: "was not answered in time", policy: "retry"),
    ]

    private static let models: [FaultCell] = [
        .model("fit", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .model("fit", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .model("fit", "auth", .always, .failed, says: "told to be auth"),
        .model("fit", "auth", .once, .recovers, says: "told to be auth", policy: "retry"),
        .model("fit", "exit", .once, .recovers, says: "exited with status 7"),
        .model("fit", "kill", .once, .recovers, says: "was ended by signal 9"),
        .model("load", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .model("predict", "raise", .once, .recovers, says: "KeyError: 'close'"),
        .model("predict", "raise", .always, .degraded, says: "KeyError: 'close'"),
        .model("predict", "nan", .always, .degraded, says: "its prediction is no finite number"),
        .model("predict", "exit", .once, .recovers, says: "exited with status 7"),
        .model("predict", "exit", .always, .failed, says: "quarantined"),
        .model("predict", "kill", .once, .recovers, says: "was ended by signal 9"),
        .model("predict", "garbage", .once, .recovers, says: "model/predict_garbage_once: "),
        .model("predict", "hang", .once, .recovers, says: "'predict' is not answered"),
        .model("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .model("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .model("probe", "environment", .always, .failed, says: "told to be environment"),
        .model("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "retry"),
        .model("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "retry"),
        .model("hello", "exit", .once, .recovers, says: "exited with status 7", policy: "ignore"),
        .model("hello", "exit", .always, .degraded, says: "exited with status 7", policy: "ignore"),
    ]

    /// The table of the documentation: what becomes of each fault.
    static var table: String {
        var lines = ["| Plugin | Call | Fault | When | `on_failure` | In the end |", "|---|---|---|---|---|---|"]
        for (cells, tiers) in [(processCells, "process"), (sharedCells, "static, dynamic")] {
            for cell in cells {
                lines.append(
                    "| \(cell.kind), \(tiers) | `\(cell.call)` | \(cell.fault) | \(cell.when) | \(cell.policy) | \(cell.ends) |"
                )
            }
        }
        return lines.joined(separator: "\n")
    }
}
