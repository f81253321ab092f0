package import PluginKit

/// Records of one kind of a pipeline, and of one model where it is predictions or outcomes: each has watermarks of its own.
///
/// What decides the content of one stream says nothing about another: an indicator more changes features, not bars.
package struct RecordStream: Sendable, Hashable, CustomStringConvertible {
    /// The kind of record.
    package let kind: RecordKind
    /// The model instance of predictions and outcomes; `nil` for the other kinds.
    package let model: String?
    /// Whether it is the events that took the place of others; its watermarks are instants at which these were stored.
    package let isRevised: Bool

    /// Names a stream.
    package init(_ kind: RecordKind, model: String? = nil, isRevised: Bool = false) {
        self.kind = kind
        self.model = model
        self.isRevised = isRevised
    }

    /// `bars`, `predictions of next_day`, `revised bars`.
    package var description: String {
        (isRevised ? "revised " : "") + (model.map { "\(kind.rawValue) of \($0)" } ?? kind.rawValue)
    }
}

/// Digests of what decides the content of a sink's streams; each names the watermarks of its stream.
package struct StreamDigests: Sendable, Hashable {
    private let common: String
    private let own: [RecordStream: String]

    /// Creates digests; `common` is that of streams without one of their own.
    package init(common: String, own: [RecordStream: String] = [:]) {
        self.common = common
        self.own = own
    }

    /// The digest of a stream.
    package subscript(stream: RecordStream) -> String {
        guard !stream.isRevised else { return "revised \(self[RecordStream(stream.kind, model: stream.model)])" }
        return own[stream] ?? "\(common)/\(stream)"
    }
}

extension RecordBatch {
    /// The stream the batch belongs to.
    var stream: RecordStream {
        switch content {
        case .predictions(let predictions): RecordStream(kind, model: predictions.model)
        case .outcomes(let rows): RecordStream(kind, model: rows.first?.model)
        default: RecordStream(kind)
        }
    }
}
