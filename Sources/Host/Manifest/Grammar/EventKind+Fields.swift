package import PluginKit

extension EventKind {
    /// The kinds whose past a provider may give on request.
    static let lasting: Set<EventKind> = [.bar, .figure, .factor]
    /// The kinds that a provider may give on request in place of pushing them: of quotes and order books the newest.
    static let asked: Set<EventKind> = lasting.union([.quote, .orderBook])

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
