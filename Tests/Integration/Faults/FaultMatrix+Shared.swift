/// Plugins that share the host's memory: compiled in, or loaded as a library. The same cells hold for both.
extension FaultMatrix {
    static let sharedCells = sharedProviders + sharedSinks + sharedIndicators + sharedModels

    /// The cells of a tier, for the tests.
    static func cells(of tier: String) -> [FaultCell] {
        (tier == "process" ? processCells : sharedCells).map { cell in
            var cell = cell
            cell.tier = tier
            return cell
        }
    }

    private static let sharedProviders: [FaultCell] = [
        .provider("init", "transient", .once, .recovers, says: "told to be transient"),
        .provider("init", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .provider("init", "configuration", .always, .failed, says: "told to be configuration", policy: "ignore"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .provider("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .provider("probe", "environment", .always, .degraded, says: "told to be environment", policy: "retry"),
        .provider("probe", "environment", .always, .failed, says: "told to be environment", policy: "ignore"),
        .provider("probe", "hang", .always, .degraded, says: "its start has not ended", policy: "retry"),
        .provider("stream", "transient", .start, .recovers, says: "told to be transient"),
        .provider("stream", "transient", .once, .recovers, says: "told to be transient"),
        .provider("stream", "transient", .always, .degraded, says: "told to be transient"),
        .provider("stream", "malformed", .once, .recovers, says: "told to be malformed"),
        .provider("stream", "environment", .once, .recovers, says: "told to be environment"),
        .provider("stream", "cancelled", .once, .recovers, says: "told to be cancelled"),
        .provider("stream", "no_such_code", .once, .recovers, says: "told to be no_such_code"),
        .provider("stream", "auth", .always, .degraded, says: "told to be auth"),
        .provider("stream", "configuration", .once, .recovers, says: "told to be configuration"),
        .provider("stream", "configuration", .always, .failed, says: "told to be configuration"),
        .provider("stream", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .provider("stream", "unsupported", .always, .failed, says: "told to be unsupported"),
        .provider("stream", "hang", .once, .recovers, says: "nothing has come for"),
        .provider("stream", "deaf", .once, .degraded, says: "nothing has come for"),
        .provider("stream", "early", .once, .recovers, says: "", rows: FaultyProvider.rows / 2),
        .provider("stream", "values", .once, .recovers, says: "", refused: 6),
        .provider("stream", "unknown", .once, .recovers, says: "", refused: 2),
        .provider("stream", "kind", .once, .recovers, says: "it pushed trade events where bar events were asked for"),
        .provider("fetch", "transient", .once, .recovers, says: "told to be transient"),
        .provider("fetch", "transient", .always, .degraded, says: "told to be transient"),
        .provider("fetch", "malformed", .once, .recovers, says: "told to be malformed"),
        .provider("fetch", "no_such_code", .once, .recovers, says: "told to be no_such_code"),
        .provider("fetch", "auth", .always, .degraded, says: "told to be auth"),
        .provider("fetch", "values", .once, .recovers, says: "", refused: 5),
        .provider("fetch", "unknown", .once, .recovers, says: "", refused: 2),
        .provider("fetch", "kind", .once, .recovers, says: ""),
        .provider("fetch", "hang", .always, .degraded, says: "nothing has come for"),
    ]

    private static let sharedSinks: [FaultCell] = [
        .sink("init", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .sink("init", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .sink("init", "configuration", .always, .failed, says: "told to be configuration", policy: "ignore"),
        .sink("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .sink("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .sink("probe", "environment", .always, .degraded, says: "told to be environment", policy: "retry"),
        .sink("probe", "environment", .always, .failed, says: "told to be environment", policy: "ignore"),
        .sink("probe", "hang", .always, .degraded, says: "", policy: "retry"),
        .sink("write", "transient", .start, .recovers, says: "told to be transient"),
        .sink("write", "transient", .once, .recovers, says: "told to be transient"),
        .sink("write", "transient", .always, .degraded, says: "told to be transient"),
        .sink("write", "auth", .once, .recovers, says: "told to be auth"),
        .sink("write", "auth", .always, .degraded, says: "told to be auth"),
        .sink("write", "malformed", .once, .recovers, says: "told to be malformed"),
        .sink("write", "environment", .once, .recovers, says: "told to be environment"),
        .sink("write", "no_such_code", .always, .degraded, says: "told to be no_such_code"),
        .sink("write", "retry", .once, .recovers, says: ""),
        .sink("write", "retry", .always, .degraded, says: "again and again"),
        .sink("write", "garbage", .once, .recovers, says: ""),
        .sink("write", "hang", .always, .degraded, says: "a call takes more than a second"),
        .sink("write", "deaf", .always, .degraded, says: "a call takes more than a second"),
        .sink("flush", "transient", .once, .recovers, says: "told to be transient"),
        .sink("flush", "transient", .always, .degraded, says: "told to be transient"),
        .sink("flush", "auth", .once, .recovers, says: "told to be auth"),
        .sink("flush", "hang", .always, .degraded, says: "a call takes more than a second"),
    ]

    private static let sharedIndicators: [FaultCell] = [
        .indicator("init", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .indicator("init", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .indicator("init", "configuration", .always, .failed, says: "told to be configuration", policy: "ignore"),
        .indicator("warm_up", "most", .always, .recovers, says: ""),
        .indicator("warm_up", "least", .always, .recovers, says: ""),
        .indicator("update", "infinity", .always, .recovers, says: ""),
        .indicator("update", "refuse", .always, .recovers, says: ""),
    ]

    private static let sharedModels: [FaultCell] = [
        .model("init", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .model("init", "configuration", .always, .degraded, says: "told to be configuration", policy: "retry"),
        .model("init", "configuration", .always, .failed, says: "told to be configuration", policy: "ignore"),
        .model("probe", "transient", .once, .recovers, says: "told to be transient", policy: "retry"),
        .model("probe", "transient", .once, .recovers, says: "told to be transient", policy: "ignore"),
        .model("probe", "environment", .always, .failed, says: "told to be environment"),
        .model("fit", "transient", .once, .recovers, says: "told to be transient"),
        .model("fit", "transient", .always, .degraded, says: "told to be transient"),
        .model("fit", "auth", .always, .failed, says: "told to be auth"),
        .model("fit", "auth", .once, .recovers, says: "told to be auth", policy: "retry"),
        .model("fit", "empty", .always, .failed, says: "what it fitted cannot be loaded"),
        .model("fit", "progress", .once, .recovers, says: ""),
        .model("load", "transient", .once, .recovers, says: "told to be transient"),
        .model("outputs", "none", .always, .degraded, says: "columns"),
        .model("outputs", "two", .always, .recovers, says: ""),
        .model("predict", "transient", .once, .recovers, says: "told to be transient"),
        .model("predict", "transient", .always, .degraded, says: "told to be transient"),
        .model("predict", "nan", .always, .degraded, says: "its prediction is no finite number"),
        .model("predict", "nothing", .always, .degraded, says: "its prediction is no finite number"),
    ]
}
