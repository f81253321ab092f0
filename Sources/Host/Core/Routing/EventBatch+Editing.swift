package import PluginKit

/// What can be done with the events of a batch whatever their kind.
protocol BatchEdit {
    /// Returns the events that stay, in order.
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event]
}

extension EventBatch {
    /// Returns a batch of the same kind with what an edit makes of its events.
    func edited(by edit: some BatchEdit) -> EventBatch {
        switch self {
        case .bars(let events): .bars(edit.edit(events))
        case .trades(let events): .trades(edit.edit(events))
        case .quotes(let events): .quotes(edit.edit(events))
        case .orderBooks(let events): .orderBooks(edit.edit(events))
        case .figures(let events): .figures(edit.edit(events))
        case .factors(let events): .factors(edit.edit(events))
        }
    }

    /// Calls `body` with position, event time and instrument of each event, in order.
    @inline(__always)
    func forEach(_ body: (Int, Int64, InstrumentID) -> Void) {
        switch self {
        case .bars(let events): for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        case .trades(let events):
            for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        case .quotes(let events):
            for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        case .orderBooks(let events):
            for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        case .figures(let events):
            for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        case .factors(let events):
            for (index, event) in events.enumerated() { body(index, event.time, event.instrument) }
        }
    }

    /// Returns the events for which `isKept` holds, by position, event time and instrument.
    func filter(_ isKept: (Int, Int64, InstrumentID) -> Bool) -> EventBatch {
        var kept: [Int] = []
        kept.reserveCapacity(count)
        forEach { index, time, instrument in if isKept(index, time, instrument) { kept.append(index) } }
        return kept.count == count ? self : edited(by: Picking(positions: kept))
    }

    /// Returns the events at positions, in their order.
    func picking(_ positions: [Int]) -> EventBatch { edited(by: Picking(positions: positions)) }

    /// Returns the events of each instrument, in order.
    package func byInstrument() -> [InstrumentID: EventBatch] {
        var places: [InstrumentID: [Int]] = [:]
        forEach { index, _, instrument in places[instrument, default: []].append(index) }
        return places.mapValues { edited(by: Picking(positions: $0)) }
    }

    /// Returns the batch with a flag on the events for which `isMarked` holds, by position and event time.
    func marking(_ flag: EventFlags, where isMarked: (Int, Int64) -> Bool) -> EventBatch {
        var marked: [Int] = []
        forEach { index, time, _ in if isMarked(index, time) { marked.append(index) } }
        return marked.isEmpty ? self : edited(by: Marking(flag: flag, positions: marked))
    }

    /// Whether an event carries a flag.
    func has(_ flag: EventFlags, at index: Int) -> Bool {
        switch self {
        case .bars(let events): events[index].flags.contains(flag)
        case .trades(let events): events[index].flags.contains(flag)
        case .quotes(let events): events[index].flags.contains(flag)
        case .orderBooks(let events): events[index].flags.contains(flag)
        case .figures(let events): events[index].flags.contains(flag)
        case .factors(let events): events[index].flags.contains(flag)
        }
    }

    /// Returns the events at positions of a range.
    subscript(positions: Range<Int>) -> EventBatch {
        positions == 0..<count ? self : edited(by: Slicing(positions: positions))
    }
}

private struct Picking: BatchEdit {
    let positions: [Int]
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event] { positions.map { events[$0] } }
}

private struct Slicing: BatchEdit {
    let positions: Range<Int>
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event] { Array(events[positions]) }
}

private struct Marking: BatchEdit {
    let flag: EventFlags
    let positions: [Int]
    func edit<Event: MarketEvent>(_ events: [Event]) -> [Event] {
        var events = events
        for position in positions { events[position].flags.insert(flag) }
        return events
    }
}
