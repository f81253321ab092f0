package import PluginKit

/// A number of an event that providers can differ in.
package enum EventField: String, Sendable, CaseIterable {
    case open
    case high
    case low
    case close
    case volume
    case amount
    case bid
    case ask
    case bidSize = "bid_size"
    case askSize = "ask_size"
}

/// An event of which several providers can say the same, or not.
package protocol VotedEvent: MarketEvent {
    /// What a vote compares. Volumes and sizes of sound sources differ, as they count other trades and orders.
    static var compared: [EventField] { get }
    /// Whether an answer has one of each instrument, the newest its provider knows, whatever its time.
    static var isSnapshot: Bool { get }
    /// A number of it; NaN where it has none, and nothing is set.
    subscript(_ field: EventField) -> Double { get set }
}

extension Bar: VotedEvent {
    package static var compared: [EventField] { [.close, .open, .high, .low] }
    package static var isSnapshot: Bool { false }

    private static func path(_ field: EventField) -> WritableKeyPath<Bar, Double>? {
        switch field {
        case .open: \.open
        case .high: \.high
        case .low: \.low
        case .close: \.close
        case .volume: \.volume
        case .amount: \.amount
        case .bid, .ask, .bidSize, .askSize: nil
        }
    }

    package subscript(_ field: EventField) -> Double {
        get { Self.path(field).map { self[keyPath: $0] } ?? .nan }
        set { if let path = Self.path(field) { self[keyPath: path] = newValue } }
    }
}

extension Quote: VotedEvent {
    package static var compared: [EventField] { [.bid, .ask] }
    package static var isSnapshot: Bool { true }

    private static func path(_ field: EventField) -> WritableKeyPath<Quote, Double>? {
        switch field {
        case .bid: \.bid
        case .ask: \.ask
        case .bidSize: \.bidSize
        case .askSize: \.askSize
        case .open, .high, .low, .close, .volume, .amount: nil
        }
    }

    package subscript(_ field: EventField) -> Double {
        get { Self.path(field).map { self[keyPath: $0] } ?? .nan }
        set { if let path = Self.path(field) { self[keyPath: path] = newValue } }
    }
}
