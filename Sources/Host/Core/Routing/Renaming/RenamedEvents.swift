import PluginKit

/// Events under the names of a source, as those of the instruments that had these names then.
struct RenamedEvents {
    /// Whose a name is at the source, by its number there.
    struct Owner {
        let id: InstrumentID
        let name: Instrument
        let names: DatedNames
    }

    let owners: [InstrumentID: Owner]
    /// How many events were of another owner of the name, by the name's number.
    private(set) var foreign: [InstrumentID: Int] = [:]

    init(_ owners: [InstrumentID: Owner]) { self.owners = owners }

    /// Returns the events that are of the instruments, under their numbers.
    mutating func own(_ batch: EventBatch) -> EventBatch {
        switch batch {
        case .bars(let events): .bars(own(events, \.instrument))
        case .trades(let events): .trades(own(events, \.instrument))
        case .quotes(let events): .quotes(own(events, \.instrument))
        case .orderBooks(let events): .orderBooks(own(events, \.instrument))
        case .figures(let events): .figures(own(events, \.instrument))
        case .factors(let events): .factors(own(events, \.instrument))
        }
    }

    private mutating func own<Event: MarketEvent>(
        _ events: [Event], _ instrument: WritableKeyPath<Event, InstrumentID>
    ) -> [Event] {
        var kept: [Event] = []
        kept.reserveCapacity(events.count)
        for var event in events {
            if let owner = owners[event.instrument] {
                guard owner.names.holds(owner.name, at: event.time) else {
                    foreign[event.instrument, default: 0] += 1
                    continue
                }
                event[keyPath: instrument] = owner.id
            }
            kept.append(event)
        }
        return kept
    }
}

/// Puts batches of one kind together, in their order.
struct Joining: BatchEdit {
    let batches: [EventBatch]
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event] { batches.flatMap { Event.events(of: $0) ?? [] } }
}
