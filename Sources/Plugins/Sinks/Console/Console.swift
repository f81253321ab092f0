import FileOutput
import Glibc
public import PluginKit
import RecordText
import Synchronization

/// Prints records to standard output, a line each, never more than so many a second.
///
/// - Takes: all kinds; a manifest usually asks for predictions and alerts.
/// - Time: event time in UTC.
/// - Limits: rows beyond `limit_per_second` are counted and stated in one line, not printed.
/// - Needs: nothing.
public final class Console: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "console", summary: "Prints records to standard output, a line each.",
        schema: ConfigurationSchema([
            .choice("format", ["text", "json"], default: "text", "Lines for people, or one JSON object a line."),
            .integer(
                "limit_per_second", 0...1_000_000, default: 50, unit: "lines/s",
                "Most lines in a second, the rest is counted and stated; 0 for no limit."),
            .choice(
                "color", ["auto", "always", "never"], default: "auto",
                "Colour in text lines; auto: on a terminal, unless NO_COLOR is set."),
        ]),
        accepts: Set(RecordKind.allCases))

    private struct State {
        var budget: LineBudget
        var json: RecordJSON
    }

    private let who: String
    private let isJSON: Bool
    private let text: ConsoleText
    private let output: Int32
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state: Mutex<State>

    /// Builds an instance that prints to standard output.
    public convenience init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        try self.init(configuration, context: context, output: STDOUT_FILENO) { ContinuousClock.now }
    }

    /// Builds an instance over another descriptor and clock; it does not close the descriptor.
    package init(
        _ configuration: Configuration, context: PluginContext, output: Int32,
        now: @escaping @Sendable () -> ContinuousClock.Instant
    ) throws(PluginError) {
        who = configuration.instance
        isJSON = try configuration.text("format") == "json"
        let usesColor =
            switch try configuration.text("color") {
            case "always": true
            case "never": false
            default: isatty(output) == 1 && getenv("NO_COLOR").map { $0[0] == 0 } ?? true
            }
        text = ConsoleText(instruments: context.instruments, usesColor: usesColor)
        self.output = output
        self.now = now
        state = Mutex(
            State(
                budget: LineBudget(limit: try configuration.integer("limit_per_second")),
                json: RecordJSON(instruments: context.instruments)))
    }

    /// Prints the rows the limit allows; all count as accepted.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let instant = now()
        let bytes = state.withLock { state in
            var bytes = summary(of: state.budget.begin(at: instant))
            let shown = state.budget.take(batch.count)
            if shown > 0 { append(batch, shown, json: &state.json, to: &bytes) }
            return bytes
        }
        try print(bytes)
        return .accepted
    }

    /// States how many rows were not printed, where there are any and their second is over: once a second at most.
    public func flush() async throws(PluginError) {
        let instant = now()
        try print(summary(of: state.withLock { $0.budget.takeHeld(at: instant) }))
    }

    /// States what is left to state.
    public func stop() async {
        // Nothing can be said where the output is gone.
        try? print(summary(of: state.withLock { $0.budget.takeHeld() }))
    }

    private func append(_ batch: RecordBatch, _ count: Int, json: inout RecordJSON, to bytes: inout [UInt8]) {
        let shown = count < batch.count ? batch.selecting(Array(0..<count)) : batch
        guard isJSON else {
            for line in text.lines(shown) { bytes.append(contentsOf: (line + "\n").utf8) }
            return
        }
        json.forEachRow(of: shown) { _, object in
            bytes.append(contentsOf: object)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    private func summary(of held: Int) -> [UInt8] {
        guard held > 0 else { return [] }
        let line =
            isJSON
            ? "{\"kind\":\"not_shown\",\"rows\":\(held)}\n"
            : "... \(held) more rows not shown (limit_per_second)\n"
        return Array(line.utf8)
    }

    private func print(_ bytes: [UInt8]) throws(PluginError) {
        let outcome = DescriptorWriter.write(bytes, to: output)
        guard outcome.fault != 0 else { return }
        throw SystemFault.error(outcome.fault, who: who, action: "written", path: "standard output")
    }
}
