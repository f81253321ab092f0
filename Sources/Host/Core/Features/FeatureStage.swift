package import PluginKit

/// Runs every indicator over accepted bars; one state per instrument and instance.
///
/// A batch is grouped by instrument first, so each indicator is called once per run of bars and its loop is specialised.
/// A bar that begins a new level (`.newLevel`) meets fresh states: no indicator computes across the change.
/// The rows come out in the order of the bars. Buffers are reused: nothing is allocated per event once warm.
package struct FeatureStage {
    private var plan: FeaturePlan
    private var states: [any Indicator<Bar>] = []
    private var slots: [Int] = []
    private var slotCount: Int { slotInstruments.count }
    private var slotInstruments: [InstrumentID] = []

    private var starts: [Int] = []
    private var places: [Int] = []
    /// Whether the batch has a bar that begins a new level.
    private var hasNewLevel = false
    private var grouped: [Bar] = []
    private var matrix: [Double] = []

    /// Creates the stage with no instrument seen yet.
    package init(plan: FeaturePlan) { self.plan = plan }

    /// Replaces `features` by one row of `plan.width` numbers a bar, in the order of `bars`; NaN where there is no value.
    package mutating func process(_ bars: [Bar], into features: inout [Double]) {
        let width = plan.width
        resize(&features, to: bars.count * width)
        guard !bars.isEmpty, width > 0 else { return }
        group(bars)
        resize(&matrix, to: bars.count * width)
        runIndicators(width)
        scatter(into: &features, width: width)
    }

    /// Whether an instrument was seen.
    func has(_ instrument: InstrumentID) -> Bool { slot(of: instrument) >= 0 }

    /// Goes over to another plan: columns that stay keep their states, new ones take those of `warmed`, or start fresh.
    mutating func adopt(_ new: FeaturePlan, warmed: FeatureStage?) {
        let old = plan
        var adopted: [any Indicator<Bar>] = []
        adopted.reserveCapacity(slotCount * new.columns.count)
        let kept = new.columns.map { old.place(of: $0) }
        let fresh = new.columns.map { warmed?.plan.place(of: $0) }
        let warmedSlots = slotInstruments.map { warmed?.slot(of: $0) ?? -1 }
        for slot in 0..<slotCount {
            for (index, column) in new.columns.enumerated() {
                if let place = kept[index] {
                    adopted.append(states[slot * old.columns.count + place])
                } else if let warmed, let place = fresh[index], warmedSlots[slot] >= 0 {
                    adopted.append(warmed.states[warmedSlots[slot] * warmed.plan.columns.count + place])
                } else {
                    adopted.append(column.prototype)
                }
            }
        }
        states = adopted
        plan = new
    }

    private func resize(_ numbers: inout [Double], to count: Int) {
        if numbers.count > count {
            numbers.removeLast(numbers.count - count)
        } else if numbers.count < count {
            numbers.append(contentsOf: repeatElement(.nan, count: count - numbers.count))
        }
    }

    /// Stable counting sort by instrument: `places[i]` is where bar i stands in `grouped`.
    private mutating func group(_ bars: [Bar]) {
        for bar in bars where slot(of: bar.instrument) < 0 { addSlot(bar.instrument) }
        starts.removeAll(keepingCapacity: true)
        starts.append(contentsOf: repeatElement(0, count: slotCount + 1))
        for bar in bars { starts[slots[Int(bar.instrument.rawValue)] + 1] += 1 }
        for slot in 0..<slotCount { starts[slot + 1] += starts[slot] }
        grouped.removeAll(keepingCapacity: true)
        grouped.append(contentsOf: bars)
        places.removeAll(keepingCapacity: true)
        hasNewLevel = false
        for bar in bars {
            let slot = slots[Int(bar.instrument.rawValue)]
            if bar.flags.contains(.newLevel) { hasNewLevel = true }
            let place = starts[slot]
            starts[slot] += 1
            grouped[place] = bar
            places.append(place)
        }
        // Each entry now holds the end of its run; shift back to starts.
        for slot in stride(from: slotCount, to: 0, by: -1) { starts[slot] = starts[slot - 1] }
        starts[0] = 0
    }

    private func slot(of instrument: InstrumentID) -> Int {
        let index = Int(instrument.rawValue)
        return index < slots.count ? slots[index] : -1
    }

    private mutating func addSlot(_ instrument: InstrumentID) {
        while slots.count <= Int(instrument.rawValue) { slots.append(-1) }
        slots[Int(instrument.rawValue)] = slotCount
        slotInstruments.append(instrument)
        for column in plan.columns { states.append(column.prototype) }
    }

    private mutating func runIndicators(_ width: Int) {
        let (columns, slotCount, hasNewLevel) = (plan.columns, slotCount, hasNewLevel)
        matrix.withUnsafeMutableBufferPointer { matrix in
            guard let base = matrix.baseAddress else { return }
            grouped.withUnsafeBufferPointer { bars in
                states.withUnsafeMutableBufferPointer { states in
                    for slot in 0..<slotCount where starts[slot + 1] > starts[slot] {
                        var start = starts[slot]
                        while start < starts[slot + 1] {
                            let end = hasNewLevel ? Self.endOfLevel(bars, start, starts[slot + 1]) : starts[slot + 1]
                            let isAnew = hasNewLevel && bars[start].flags.contains(.newLevel)
                            let run = UnsafeBufferPointer(rebasing: bars[start..<end]).span
                            for (index, column) in columns.enumerated() {
                                let rows = FeatureRows(
                                    base: base + start * width + column.offset, count: end - start,
                                    width: column.width, stride: width)
                                let place = slot * columns.count + index
                                if isAnew { states[place] = column.prototype }
                                states[place].update(run, into: rows)
                            }
                            start = end
                        }
                    }
                }
            }
        }
    }

    /// Where the run of bars from `start` ends: before the next bar that begins a new level.
    private static func endOfLevel(_ bars: UnsafeBufferPointer<Bar>, _ start: Int, _ end: Int) -> Int {
        bars[start + 1..<end].firstIndex { $0.flags.contains(.newLevel) } ?? end
    }

    private func scatter(into features: inout [Double], width: Int) {
        features.withUnsafeMutableBufferPointer { target in
            matrix.withUnsafeBufferPointer { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                for (row, place) in places.enumerated() {
                    (to + row * width).update(from: from + place * width, count: width)
                }
            }
        }
    }
}
