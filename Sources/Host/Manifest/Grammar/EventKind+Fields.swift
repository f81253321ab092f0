package import PluginKit

extension EventKind {
    /// The kinds that a provider may give on request in place of pushing them.
    static let asked: Set<EventKind> = [.bar, .figure, .factor]

    /// Names of the numbers of its events that a pipeline of another kind can carry; of an order book those of its best levels,
    /// none for figures, of which one alone says nothing.
    package var carriedFields: [String] {
        switch self {
        case .figure: []
        case .orderBook: EventKind.quote.carriedFields
        default: Swift.type(of: RecordBatch.Content(.empty(self)).rows).columns.filter { $0.type == .real }.map(\.name)
        }
    }
}
