/// Takes records out: to a terminal, a file, a database, a socket, a broker.
///
/// The host gives each sink its own bounded queue and calls `write` from one task at a time, in order. A record's identity
/// is pipeline, instrument, timeframe and event time, with the columns that are marked as key; a sink that can, writes the
/// same record twice without doubling it. What a batch holds is read from `RecordBatch.table`, whatever the kind.
public protocol Sink: Plugin {
    /// Writes a batch and says which rows did not make it; throws where none did.
    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt

    /// Returns when everything written before is durable.
    func flush() async throws(PluginError)

    /// Whether nothing of an earlier run is there any more: the file was moved away, the table dropped.
    ///
    /// The host asks once, before the first write; where it is so, it delivers again what it had delivered. A sink that
    /// keeps nothing, or cannot tell, leaves the default: `false`.
    var isEmpty: Bool { get async }
}

extension Sink {
    /// Has nothing that waits.
    public func flush() async throws(PluginError) {}

    /// Cannot tell.
    public var isEmpty: Bool { get async { false } }
}

/// What became of a batch: rows not named were accepted.
public struct WriteReceipt: Sendable {
    /// A row the sink will never take.
    public struct Rejection: Sendable, Hashable {
        /// The row's position in the batch.
        public let row: Int
        /// Short reason in `snake_case`.
        public let reason: String

        /// Creates a rejection.
        public init(row: Int, reason: String) {
            self.row = row
            self.reason = reason
        }
    }

    /// Rows the sink will never take, and why.
    public let rejected: [Rejection]
    /// Positions of rows to offer again.
    public let retry: [Int]

    /// Creates a receipt.
    public init(rejected: [Rejection] = [], retry: [Int] = []) {
        self.rejected = rejected
        self.retry = retry
    }

    /// Every row was accepted.
    public static let accepted = WriteReceipt()
}
