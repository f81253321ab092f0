package import PluginKit

/// Runs the indicators of one input over accepted events; one state per instrument and instance.
///
/// Each indicator is called once per run of events of one instrument, so its loop is specialised. Events that stand together
/// already are not moved; others are grouped by instrument first, and their rows put back in order. What a batch costs
/// depends on its events, never on how many instruments there are. An event that begins a new level (`.newLevel`) meets
/// fresh states: no indicator computes across the change. Buffers are reused: nothing is allocated per event once warm.
package struct IndicatorBank<Event: MarketEvent>: Sendable {
    /// A run of events of one instrument.
    private struct Run {
        let slot: Int
        var start: Int
        var count: Int
    }

    private var plan: FeaturePlan
    /// Where the columns of each indicator stand in a row.
    private var layout: [(offset: Int, width: Int)]
    private var prototypes: [any Indicator<Event>]
    /// Columns whose states are fed one after the other.
    private var single: [Int]
    /// Columns whose states are fed together.
    private var joint: [(column: Int, type: any JointIndicator<Event>.Type)]
    private var states: [any Indicator<Event>] = []
    private var slots: [Int] = []
    private var slotInstruments: [InstrumentID] = []
    /// Which states are kept, and those of the last calls.
    private var keeping: StateKeeping?

    private var runs: [Run] = []
    /// For each slot the run of this batch it has, or -1.
    private var runOfSlot: [Int] = []
    private var places: [Int] = []
    private var grouped: [Event] = []
    private var matrix: [Double] = []

    /// Creates the bank with no instrument seen yet; every indicator of the plan reads `Event`.
    package init(plan: FeaturePlan) {
        self.plan = plan
        layout = plan.columns.map { ($0.offset, $0.width) }
        prototypes = plan.columns.compactMap { $0.prototype as? any Indicator<Event> }
        joint = prototypes.enumerated().compactMap { index, prototype in
            (type(of: prototype) as? any JointIndicator<Event>.Type).map { (index, $0) }
        }
        let together = Set(joint.map(\.column))
        single = prototypes.indices.filter { !together.contains($0) }
    }

    /// Replaces `features` by one row of `plan.width` numbers an event, in the order of `events`; NaN where there is no
    /// value.
    package mutating func process(_ events: [Event], into features: inout [Double]) {
        features.resize(to: events.count * plan.width)
        process(events, into: &features, stride: plan.width)
    }

    /// Writes `plan.width` numbers an event into rows of `stride` numbers, which `features` holds already.
    mutating func process(_ events: [Event], into features: inout [Double], stride: Int) {
        guard !events.isEmpty else { return }
        // Without indicators too: one that a reload adds finds its warmed states by the instruments that were seen.
        let isTogether = findRuns(events)
        guard !prototypes.isEmpty else { return }
        guard !isTogether else { return run(events, into: &features, stride) }
        group(events)
        // Taken out meanwhile, so that each has one owner while it is written.
        var (rows, ordered): ([Double], [Event]) = ([], [])
        swap(&rows, &matrix)
        swap(&ordered, &grouped)
        rows.resize(to: events.count * plan.width)
        run(ordered, into: &rows, plan.width)
        swap(&rows, &matrix)
        swap(&ordered, &grouped)
        scatter(into: &features, stride)
    }

    // MARK: Keeping states

    /// From now on keeps the states before the first event of each span, nanoseconds.
    mutating func keepStates(span: Int64) { keeping = plan.keepsStates ? StateKeeping(plan: plan, span: span) : nil }

    /// Spans that begin before an event time leave states only when that past is through.
    mutating func keepStates(since time: Int64) { keeping?.since = time }

    /// Keeps those of a past that is long over.
    mutating func endPast() { keeping?.endPast() }

    /// Hands over the states that were kept since the last call.
    mutating func takeStates() -> [IndicatorState] { keeping?.take() ?? [] }

    /// Goes on with the states of an instrument; events that they have seen are fed to them no more.
    mutating func resume(_ resumed: ResumedIndicators) {
        let own = resumed.states.compactMap { $0 as? any Indicator<Event> }
        guard keeping != nil, own.count == prototypes.count else { return }
        let slot = seenSlot(resumed.instrument)
        states.replaceSubrange(slot * own.count..<(slot + 1) * own.count, with: own)
        keeping?.resume(slot, after: resumed.time)
    }

    /// Whether an instrument was seen.
    func has(_ instrument: InstrumentID) -> Bool { slot(of: instrument) >= 0 }

    /// Goes over to another plan: columns that stay keep their states, new ones take those of `warmed`, or start fresh.
    mutating func adopt(_ new: FeaturePlan, warmed: IndicatorBank?) {
        let old = plan
        let fresh = IndicatorBank(plan: new)
        var adopted: [any Indicator<Event>] = []
        adopted.reserveCapacity(slotInstruments.count * new.columns.count)
        let kept = new.columns.map { old.place(of: $0) }
        let ready = new.columns.map { warmed?.plan.place(of: $0) }
        for (slot, instrument) in slotInstruments.enumerated() {
            let warmSlot = warmed?.slot(of: instrument) ?? -1
            for index in new.columns.indices {
                if let place = kept[index] {
                    adopted.append(states[slot * old.columns.count + place])
                } else if let warmed, let place = ready[index], warmSlot >= 0 {
                    adopted.append(warmed.states[warmSlot * warmed.plan.columns.count + place])
                } else {
                    adopted.append(fresh.prototypes[index])
                }
            }
        }
        states = adopted
        (plan, layout, prototypes) = (new, fresh.layout, fresh.prototypes)
        (single, joint) = (fresh.single, fresh.joint)
        keeping = keeping.flatMap { plan.keepsStates ? StateKeeping(plan: plan, goingOn: $0) : nil }
    }

    // MARK: Grouping

    /// Notes the runs of the batch in the order of their first event; returns whether each instrument has one only.
    private mutating func findRuns(_ events: [Event]) -> Bool {
        for run in runs { runOfSlot[run.slot] = -1 }
        runs.removeAll(keepingCapacity: true)
        var isTogether = true
        var last = -1
        for (index, event) in events.enumerated() {
            let slot = seenSlot(event.instrument)
            let known = runOfSlot[slot]
            if known < 0 {
                runOfSlot[slot] = runs.count
                runs.append(Run(slot: slot, start: index, count: 1))
            } else {
                runs[known].count += 1
                if slot != last { isTogether = false }
            }
            last = slot
        }
        return isTogether
    }

    /// Puts the events of each run together: `places[i]` is where event i stands in `grouped`.
    private mutating func group(_ events: [Event]) {
        var start = 0
        for index in runs.indices {
            runs[index].start = start
            start += runs[index].count
        }
        grouped.removeAll(keepingCapacity: true)
        grouped.append(contentsOf: events)
        places.removeAll(keepingCapacity: true)
        for event in events {
            let index = runOfSlot[slots[Int(event.instrument.rawValue)]]
            let place = runs[index].start
            runs[index].start += 1
            grouped[place] = event
            places.append(place)
        }
        for index in runs.indices { runs[index].start -= runs[index].count }
    }

    private func slot(of instrument: InstrumentID) -> Int {
        let index = Int(instrument.rawValue)
        return index < slots.count ? slots[index] : -1
    }

    /// The slot of an instrument; a new one gets fresh states.
    private mutating func seenSlot(_ instrument: InstrumentID) -> Int {
        let known = slot(of: instrument)
        guard known < 0 else { return known }
        while slots.count <= Int(instrument.rawValue) { slots.append(-1) }
        let new = slotInstruments.count
        slots[Int(instrument.rawValue)] = new
        slotInstruments.append(instrument)
        runOfSlot.append(-1)
        keeping?.append(instrument)
        states.append(contentsOf: prototypes)
        return new
    }

    // MARK: Running

    private mutating func run(_ events: [Event], into rows: inout [Double], _ stride: Int) {
        if !single.isEmpty { runSingly(events, into: &rows, stride) }
        for (column, type) in joint { runJointly(column, type, events, into: &rows, stride) }
    }

    /// Hands all runs of a column over at once; what follows a change of level inside a run goes in another round.
    private mutating func runJointly(
        _ index: Int, _ type: any JointIndicator<Event>.Type, _ events: [Event], into rows: inout [Double],
        _ stride: Int
    ) {
        let column = layout[index]
        rows.withUnsafeMutableBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            var starts = runs.map(\.start)
            while true {
                var round: [JointRun] = []
                for (place, run) in runs.enumerated() where starts[place] < run.start + run.count {
                    let start = starts[place]
                    let end = events.withUnsafeBufferPointer { Self.endOfLevel($0, start, run.start + run.count) }
                    let state = run.slot * plan.columns.count + index
                    if events[start].flags.contains(.newLevel) { states[state] = prototypes[index] }
                    let target = FeatureRows(
                        base: base + start * stride + column.offset, count: end - start, width: column.width,
                        stride: stride)
                    round.append(JointRun(state: state, events: start..<end, rows: target))
                    starts[place] = end
                }
                guard !round.isEmpty else { return }
                type.update(&states, round, of: events.span)
            }
        }
    }

    private mutating func runSingly(_ events: [Event], into rows: inout [Double], _ stride: Int) {
        let (columns, single, prototypes, runs) = (layout, single, prototypes, runs)
        // Taken out meanwhile, so that it has one owner while it is written.
        var keeping: StateKeeping?
        swap(&keeping, &self.keeping)
        defer { swap(&keeping, &self.keeping) }
        rows.withUnsafeMutableBufferPointer { rows in
            guard let base = rows.baseAddress else { return }
            events.withUnsafeBufferPointer { events in
                states.withUnsafeMutableBufferPointer { states in
                    for run in runs {
                        let last = run.start + run.count
                        let (first, cut) =
                            keeping?.look(at: events, run.start..<last, of: run.slot) ?? (run.start, last)
                        var start = first
                        while start < last {
                            if start == cut {
                                let own = run.slot * columns.count..<(run.slot + 1) * columns.count
                                keeping?.keep(UnsafeBufferPointer(rebasing: states[own]), slot: run.slot)
                            }
                            let end = Self.endOfLevel(events, start, start < cut ? cut : last)
                            let isAnew = events[start].flags.contains(.newLevel)
                            let span = UnsafeBufferPointer(rebasing: events[start..<end]).span
                            for index in single {
                                let column = columns[index]
                                let place = run.slot * columns.count + index
                                if isAnew { states[place] = prototypes[index] }
                                states[place].update(
                                    span,
                                    into: FeatureRows(
                                        base: base + start * stride + column.offset, count: end - start,
                                        width: column.width, stride: stride))
                            }
                            start = end
                        }
                    }
                }
            }
        }
    }

    /// Where the run of events from `start` ends: before the next one that begins a new level.
    private static func endOfLevel(_ events: UnsafeBufferPointer<Event>, _ start: Int, _ end: Int) -> Int {
        var next = start + 1
        while next < end, !events[next].flags.contains(.newLevel) { next += 1 }
        return next
    }

    private func scatter(into features: inout [Double], _ stride: Int) {
        let width = plan.width
        features.withUnsafeMutableBufferPointer { target in
            matrix.withUnsafeBufferPointer { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                for (row, place) in places.enumerated() {
                    (to + row * stride).update(from: from + place * width, count: width)
                }
            }
        }
    }
}

extension [Double] {
    /// Makes it hold a count of numbers; what is new is NaN.
    mutating func resize(to count: Int) {
        if self.count > count {
            removeLast(self.count - count)
        } else if self.count < count {
            append(contentsOf: repeatElement(.nan, count: count - self.count))
        }
    }
}
