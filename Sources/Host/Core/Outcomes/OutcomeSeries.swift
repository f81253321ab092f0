import PluginKit
import PredictionTargets

/// One instrument under one model: its last closes, the predictions that wait, and what they have taught.
struct OutcomeSeries {
    /// A prediction whose horizon is over.
    struct Settled {
        let prediction: OpenPredictions.Prediction
        /// What came; `nil` where there is none.
        var actual: Double?
        /// The same measure before the prediction, where there are bars enough.
        let trailing: Double?
    }

    private(set) var open: OpenPredictions
    private var closes: [Double] = []
    private var times: [Int64] = []
    /// Number of the first of them since the price's level began.
    private var firstBar = 0
    /// Of an earlier run, until the bars they were made from pass.
    private var waiting: OpenPredictions
    let width: Int

    /// What it has learned, with the part of the timeline that it began with.
    var learner: (any Learner)?
    var part = -1
    /// Labels of events up to here are in that fit.
    var fittedThrough = Int64.min
    var labels = 0
    var states = 0

    /// How far off its predictions were; `nil` where nobody asks for an interval.
    var interval: ConformalInterval?

    init(width: Int, interval: ConformalInterval? = nil) {
        self.width = width
        self.interval = interval
        open = OpenPredictions(width: width)
        waiting = open
    }

    /// Event times of predictions that wait.
    var openTimes: [Int64] { open.all.map(\.time) + waiting.all.map(\.time) }

    /// Event time of the last bar.
    var lastTime: Int64? { times.last }

    /// Number of the last bar since the level began.
    private var bar: Int { firstBar + closes.count - 1 }

    /// Takes a bar; what its level cuts off is settled without an outcome.
    mutating func add(_ key: RowKey, _ target: Target, cut: (Settled) -> Void) {
        if key.flags.contains(.newLevel) {
            for prediction in open.all { cut(Settled(prediction: prediction, actual: nil, trailing: nil)) }
            open.removeAll()
            closes.removeAll(keepingCapacity: true)
            times.removeAll(keepingCapacity: true)
            firstBar = 0
        }
        closes.append(key.price)
        times.append(key.time)
        trim(2 * target.horizon + 1)
        while let time = waiting.first?.time, time <= key.time {
            if time == key.time {
                open.take(firstOf: &waiting, bar: bar)
            } else {
                // Its bar is before all that is played again: what came of it is known from the store alone.
                if let past = waiting.first { interval?.add(error: past.value - past.actual) }
                waiting.removeFirst()
            }
        }
    }

    /// The first prediction whose horizon the last bar completes; it still stands first.
    func due(_ target: Target) -> Settled? {
        guard let prediction = open.first, prediction.bar + target.horizon <= bar else { return nil }
        let place = prediction.bar - firstBar
        guard place >= 0 else { return Settled(prediction: prediction, actual: nil, trailing: nil) }
        return Settled(
            prediction: prediction, actual: target.label(closes, at: place),
            trailing: target.trailing(closes, at: place))
    }

    /// Learns the row of the first prediction; returns whether the learner took it.
    mutating func learn(_ label: Double) -> Bool {
        guard var learner else { return false }
        // Moved out and back, not copied: a second owner would make it copy what it changes.
        self.learner = nil
        defer { self.learner = learner }
        do throws(PluginError) {
            try open.teach(&learner, label)
            labels += 1
            return true
        } catch {
            return false
        }
    }

    mutating func removeFirst() { open.removeFirst() }

    mutating func settle() { open.settle() }

    /// Notes a prediction made from the last bar; what an earlier run said of it stands.
    mutating func say(_ prediction: OpenPredictions.Prediction, row: [Double]) -> Bool {
        if let last = open.last, last.time == prediction.time { return false }
        var prediction = prediction
        prediction.bar = bar
        open.append(prediction, row: row)
        return true
    }

    /// Takes what corrects a bar that still counts.
    mutating func correct(_ bar: Bar) {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < bar.time { low = middle + 1 } else { high = middle }
        }
        if low < times.count, times[low] == bar.time { closes[low] = bar.close }
    }

    private mutating func trim(_ needed: Int) {
        guard closes.count >= 2 * needed + 64 else { return }
        let count = closes.count - needed
        closes.removeFirst(count)
        times.removeFirst(count)
        firstBar += count
    }

    // MARK: Going on where an earlier run stood

    /// Takes predictions of an earlier run, in ascending event time.
    mutating func resume(_ kept: [KeptPrediction]) {
        guard width == 0 else { return }
        for item in kept {
            waiting.append(.init(time: item.time, value: item.value, flags: item.flags, actual: item.actual), row: [])
        }
    }

    /// Everything but the closes, which the bars before bring.
    mutating func save() -> [UInt8] {
        states += 1
        var writer = StateWriter()
        for number in [part, labels, states, width] { writer.write(number) }
        open.save(to: &writer)
        interval?.save(to: &writer)
        learner?.save(to: &writer)
        return writer.bytes
    }

    /// Takes what `save` wrote under the same fit; throws `.corrupted` and changes nothing where it is something else.
    mutating func restore(
        _ bytes: [UInt8], _ learners: (Int) -> (any Learner, fittedThrough: Int64)?
    ) throws(PluginError) {
        var reader = StateReader(bytes)
        let part = try reader.readInt()
        let (labels, states) = (try reader.readInt(), try reader.readInt())
        _ = try reader.readInt(in: width...width)
        let open = try OpenPredictions(from: &reader, width: width)
        var interval = interval
        try interval?.restore(from: &reader)
        guard let begun = learners(part) else {
            throw PluginError(.corrupted, "a learned state belongs to part \(part) of a fit that has fewer.")
        }
        var learner = begun.0
        try learner.restore(from: &reader)
        waiting = open
        self.interval = interval
        (self.learner, fittedThrough) = (learner, begun.fittedThrough)
        (self.part, self.labels, self.states) = (part, labels, states)
    }
}
