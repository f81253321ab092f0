import PluginKit

/// What one batch did to the counters of an input; reused.
struct InputTally {
    var received = 0
    var accepted = 0
    /// Events that made rows: those accepted, or the bars built of them.
    var rows = 0
    var shaping = ShapingTally()
    var section = SectionTally()
    var corrections = 0
    var undecided = 0
    var omitted = 0
    var shares: [InstrumentID: RefusalShare] = [:]
    var rejected: [QualityReason: Int] = [:]
    var doubts: [QualityDoubt: Int] = [:]
    var defects: [String: Int] = [:]
    var lastEvent: Int64?

    mutating func reset() {
        (received, accepted, corrections, undecided, omitted) = (0, 0, 0, 0, 0)
        rows = 0
        shaping = ShapingTally()
        section.reset()
        lastEvent = nil
        if !shares.isEmpty { shares = [:] }
        if !rejected.isEmpty { rejected.removeAll(keepingCapacity: true) }
        if !doubts.isEmpty { doubts.removeAll(keepingCapacity: true) }
        if !defects.isEmpty { defects.removeAll(keepingCapacity: true) }
    }

    func add(to input: inout FlowSnapshot.Input) {
        input.received += received
        input.accepted += accepted
        input.rows += rows
        for (reason, count) in shaping.reasons where count > 0 { input.unused[reason, default: 0] += count }
        section.add(to: &input.section)
        input.corrections += corrections
        input.undecided += undecided
        input.omitted += omitted
        if let lastEvent { input.lastEvent = max(input.lastEvent ?? lastEvent, lastEvent) }
        for (doubt, count) in doubts { input.doubts[doubt.rawValue, default: 0] += count }
        for (instrument, share) in shares { input.shares[instrument] = share }
        for (reason, count) in rejected { input.rejected[reason.rawValue, default: 0] += count }
        for (reason, count) in defects { input.rejected[reason, default: 0] += count }
    }
}

/// What one batch did to the counters of a partition; reused, added to `FlowCounters` once a batch.
struct BatchTally {
    /// The input it came from: 0 drives, the others stand beside it.
    var place = 0
    var input = InputTally()
    /// Driving rows without values, for each input beside it.
    var missing: [MissingRows]
    /// Bars of each input beside it that the driving events closed.
    var closed: [Int]
    var predicted: [Int]
    var flagged: [[String: Int]]
    var notPredicted: [[NoPrediction: Int]]
    var outcomes: [OutcomeTally]
    private var rows: [(sketch: DriftSketch?, steps: [UInt8])]
    var alerts: [String: Int] = [:]
    var spans: [(call: FlowSnapshot.Call, span: Duration)] = []
    /// Where each model's counters stand.
    private let places: [Int]

    init(sides: Int, models places: [Int]) {
        self.places = places
        missing = Array(repeating: MissingRows(), count: sides)
        closed = Array(repeating: 0, count: sides)
        predicted = Array(repeating: 0, count: places.count)
        flagged = Array(repeating: [:], count: places.count)
        notPredicted = Array(repeating: [:], count: places.count)
        outcomes = Array(repeating: OutcomeTally(), count: places.count)
        rows = Array(repeating: (sketch: nil, steps: []), count: places.count)
    }

    /// Notes rows that a serving fit predicted, by the steps of its sketch.
    mutating func note(_ steps: [UInt8], _ sketch: DriftSketch?, of model: Int) {
        rows[model].sketch = sketch
        rows[model].steps += steps
    }

    /// Notes what the outcomes of a part of the batch did.
    mutating func note(_ tally: OutcomeTally, of model: Int) { outcomes[model].add(tally) }

    mutating func reset(place: Int) {
        self.place = place
        for side in missing.indices { (missing[side], closed[side]) = (MissingRows(), 0) }
        spans.removeAll(keepingCapacity: true)
        if !alerts.isEmpty { alerts.removeAll(keepingCapacity: true) }
        for model in predicted.indices {
            predicted[model] = 0
            outcomes[model].reset()
            rows[model].steps.removeAll(keepingCapacity: true)
            if !flagged[model].isEmpty { flagged[model].removeAll(keepingCapacity: true) }
            if !notPredicted[model].isEmpty { notPredicted[model].removeAll(keepingCapacity: true) }
        }
    }

    func add(to snapshot: inout FlowSnapshot) {
        for (call, span) in spans { snapshot.calls[call, default: Histogram()].record(span) }
        guard place == 0 else { return input.add(to: &snapshot.sides[place - 1]) }
        input.add(to: &snapshot.driving)
        for (side, missing) in missing.enumerated() {
            missing.add(to: &snapshot.sides[side].missing)
            snapshot.sides[side].rows += closed[side]
        }
        for (rule, count) in alerts { snapshot.alerts[rule, default: 0] += count }
        addPredictions(to: &snapshot)
    }

    private func addPredictions(to snapshot: inout FlowSnapshot) {
        for (model, place) in places.enumerated() {
            snapshot.models[place].predicted += predicted[model]
            if let sketch = rows[model].sketch, !rows[model].steps.isEmpty {
                snapshot.models[place].rows.add(rows[model].steps, sketch)
            }
            outcomes[model].add(to: &snapshot.models[place])
            for (flag, count) in flagged[model] { snapshot.models[place].flagged[flag, default: 0] += count }
            for (reason, count) in notPredicted[model] {
                snapshot.models[place].notPredicted[reason.rawValue, default: 0] += count
            }
        }
        guard snapshot.models.count > places.count, input.rows > 0 else { return }
        for place in snapshot.models.indices where !places.contains(place) {
            snapshot.models[place].notPredicted[FlowCounters.elsewhere, default: 0] += input.rows
        }
    }
}
