import PluginKit
import PredictionTargets

/// Matches the predictions of one model with what came, and lets the model learn from it.
///
/// A prediction's outcome is known with the bar of its instrument that completes the target's horizon, and belongs to the event
/// time of that bar. It is measured by the definition that labels of training are (`Target`), over the closes of accepted bars:
/// of a bar that was corrected before then the corrected one counts, later corrections change nothing. No outcome has a
/// prediction over which the price goes over to another level, or is not above zero.
///
/// So outcomes follow from predictions and bars of one instrument alone, in their order: live and replay give the same, whatever
/// other instruments do and however many partitions there are. What a model learns is kept apart for each instrument for the
/// same reason. Only a target that compares instruments needs those of the same event time: then rows of a time wait for each
/// other (`SectionBarrier`), and what is compared with follows from closed times (`SectionOutcomes`).
struct OutcomeStage {
    private let model: ServingModel
    private let target: Target
    private var series: [OutcomeSeries?] = []
    private var touched = TouchedPlaces()
    /// The fit that learners began with.
    private var fit = ""
    /// What a target that compares instruments is measured by.
    private var others: SectionOutcomes?
    /// Event times of predictions that wait, while the bars before them warm up.
    private var waiting: Set<Int64>?
    /// What predicts in this call.
    private var version = 0

    /// What became known in the last call.
    private(set) var made: [Outcome] = []
    /// Predictions of the last call, and those that became known in it.
    private(set) var kept: [KeptPrediction] = []
    /// What was learned, one an instrument of the last call.
    private(set) var learned: [LearnedState] = []
    private(set) var tally = OutcomeTally()

    /// Creates the stage of a model; `nil` where nothing is measured.
    init?(_ model: ServingModel) {
        guard let target = model.measure else { return nil }
        self.model = model
        self.target = target
        others = target.isCrossSectional ? SectionOutcomes(target) : nil
    }

    /// Goes over to the same model after a reload: predictions that wait stay; what was learned stays with its fit.
    func serving(_ model: ServingModel) -> OutcomeStage? {
        guard model.id == self.model.id, model.measure == target, model.learns == learns,
            model.interval == self.model.interval, model.width == self.model.width, model.shadow == self.model.shadow
        else { return nil }
        guard var stage = OutcomeStage(model) else { return nil }
        (stage.series, stage.fit, stage.others) = (series, fit, others)
        return stage
    }

    /// Whether rows are predicted one by one, each after what was learned before it.
    var learns: Bool { model.learns }

    // MARK: A call

    /// Begins a call with the predictors in force.
    mutating func begin(_ timeline: PredictorTimeline?) {
        made.removeAll(keepingCapacity: true)
        kept.removeAll(keepingCapacity: true)
        learned.removeAll(keepingCapacity: true)
        tally.reset()
        version = timeline?.version ?? 0
        guard learns, let timeline, timeline.fit != fit else { return }
        fit = timeline.fit
        for place in series.indices {
            series[place]?.learner = nil
            series[place]?.part = -1
            series[place]?.states = 0
        }
    }

    /// Sees all rows of closed event times before the calls that take them, where instruments are compared.
    mutating func foresee(_ keys: [RowKey]) {
        guard others != nil else { return }
        waiting = nil
        if others?.isFull == true {
            let open = openTimes
            others?.keep(open)
        }
        others?.take(keys)
    }

    private var openTimes: Set<Int64> {
        series.reduce(into: []) { times, own in if let own { times.formUnion(own.openTimes) } }
    }

    /// Takes the bar of a row: predictions whose horizon it completes have an outcome, and teach.
    mutating func take(_ key: RowKey) {
        let place = place(of: key.instrument)
        settle(place, key, isPast: false)
    }

    /// Takes bars that every sink has the outcomes of.
    mutating func warmUp(_ keys: [RowKey]) {
        if others != nil {
            let wanted = waiting ?? openTimes
            waiting = wanted
            others?.take(keys, wanted: wanted)
        }
        for key in keys { settle(place(of: key.instrument), key, isPast: true) }
        touched.removeAll()
    }

    /// Notes a prediction made from the last bar taken of its instrument; `row` is what it was made from, where that is learned.
    mutating func say(_ prediction: Prediction, by version: Int, row: [Double] = []) {
        let place = place(of: prediction.instrument)
        let open = OpenPredictions.Prediction(
            time: prediction.time, value: prediction.value, flags: prediction.flags, place: kept.count)
        guard series[place]?.say(open, row: row) == true else { return }
        kept.append(keeping(open, prediction.instrument, by: version))
    }

    /// The interval around a prediction made from the last bar taken of its instrument, by the outcomes known with that bar;
    /// `nil` while too few are.
    func interval(around value: Double, of instrument: InstrumentID) -> (lower: Double, upper: Double)? {
        let place = Int(instrument.rawValue)
        guard place < series.count, let reach = series[place]?.interval?.reach else { return nil }
        // No volatility is below zero.
        return (target.kind == .volatility ? max(0, value - reach) : value - reach, value + reach)
    }

    /// Ends a call.
    mutating func end() {
        for place in touched.places {
            series[place]?.settle()
            guard learns, series[place]?.learner != nil, let time = series[place]?.lastTime,
                let bytes = series[place]?.save(), let own = series[place]
            else { continue }
            learned.append(
                LearnedState(
                    model: model.id, target: model.target, instrument: InstrumentID(rawValue: UInt32(place)),
                    time: time, fit: fit, number: own.states, labels: own.labels, bytes: bytes, shadow: model.shadow))
        }
        touched.removeAll()
    }

    // MARK: Learning

    /// Turns to the part of the timeline that is for a row, before its bar is taken; another part begins as it was fitted.
    mutating func turn(_ instrument: InstrumentID, to part: Int, of timeline: PredictorTimeline) {
        let place = place(of: instrument)
        guard series[place]?.part != part || series[place]?.learner == nil,
            let (learner, through) = Self.learner(part, timeline)
        else { return }
        series[place]?.learner = learner
        series[place]?.part = part
        series[place]?.fittedThrough = through
        series[place]?.labels = 0
    }

    /// What an instrument has learned; `nil` where its predictor does not learn.
    func learner(of instrument: InstrumentID) -> (any Learner)? {
        let place = Int(instrument.rawValue)
        return place < series.count ? series[place]?.learner : nil
    }

    private static func learner(
        _ part: Int, _ timeline: PredictorTimeline
    ) -> (any Learner, fittedThrough: Int64)? {
        guard timeline.parts.indices.contains(part),
            let predictor = timeline.parts[part].predictor as? any OnlinePredictor
        else { return nil }
        let own = timeline.parts[part]
        // The last fit has learned the labels of the event time that it begins with; those before a test end before it.
        return (predictor.learner(), own.validThrough == .max ? own.validAfter + 1 : own.validAfter)
    }

    // MARK: Going on where an earlier run stood

    /// Takes predictions of an instrument that wait since an earlier run, in ascending event time.
    mutating func resume(_ kept: [KeptPrediction], of instrument: InstrumentID) {
        waiting = nil
        let own = kept.filter { $0.horizon == target.horizon }
        let place = place(of: instrument)
        series[place]?.resume(own)
    }

    /// Takes what an instrument had learned; throws `.corrupted` where it cannot be used.
    mutating func resume(_ state: LearnedState, _ timeline: PredictorTimeline) throws(PluginError) {
        fit = timeline.fit
        waiting = nil
        let place = place(of: state.instrument)
        var own = series[place] ?? fresh
        try own.restore(state.bytes) { Self.learner($0, timeline) }
        series[place] = own
    }

    /// Takes what corrects bars.
    mutating func correct(_ bars: [Bar]) {
        for bar in bars { others?.correct(bar) }
        for bar in bars where Int(bar.instrument.rawValue) < series.count {
            series[Int(bar.instrument.rawValue)]?.correct(bar)
        }
    }

    // MARK: Settling

    private mutating func settle(_ place: Int, _ key: RowKey, isPast: Bool) {
        var cut: [OutcomeSeries.Settled] = []
        series[place]?.add(key, target) { cut.append($0) }
        for settled in cut { note(settled, key, isPast: isPast) }
        while var settled = series[place]?.due(target) {
            if others != nil, let actual = settled.actual {
                settled.actual = others?.compared(actual, of: settled.prediction.time, by: key.time)
            }
            if let label = settled.actual, learns, !isPast, key.time > (series[place]?.fittedThrough ?? .max) {
                if series[place]?.learn(label) == true { tally.learned += 1 } else { tally.refused += 1 }
            }
            series[place]?.removeFirst()
            note(settled, key, isPast: isPast)
        }
    }

    private mutating func note(_ settled: OutcomeSeries.Settled, _ key: RowKey, isPast: Bool) {
        let prediction = settled.prediction
        if let actual = settled.actual {
            series[Int(key.instrument.rawValue)]?.interval?.add(error: prediction.value - actual)
        }
        let isOfThisCall = kept.indices.contains(prediction.place)
        var known = keeping(
            prediction, key.instrument, by: isOfThisCall ? kept[prediction.place].version : version)
        known.known = key.time
        known.actual = settled.actual ?? .nan
        if isOfThisCall {
            kept[prediction.place] = known
        } else {
            kept.append(known)
        }
        guard !isPast else { return }
        guard let actual = settled.actual else {
            tally.undefined += 1
            return
        }
        let trailing = settled.trailing ?? 0
        tally.scores.append(
            (
                prediction.value - actual,
                target.isUp(prediction.value, trailing: trailing) == target.isUp(actual, trailing: trailing)
            ))
        made.append(
            Outcome(
                time: key.time, model: model.id, predictedAt: prediction.time, horizon: target.horizon,
                value: prediction.value, actual: actual, instrument: key.instrument, flags: prediction.flags))
    }

    private func keeping(
        _ prediction: OpenPredictions.Prediction, _ instrument: InstrumentID, by version: Int
    ) -> KeptPrediction {
        KeptPrediction(
            model: model.id, target: model.target, instrument: instrument, time: prediction.time,
            horizon: target.horizon, value: prediction.value, flags: prediction.flags, version: version,
            shadow: model.shadow)
    }

    private var fresh: OutcomeSeries {
        OutcomeSeries(
            width: learns ? model.width : 0,
            interval: model.interval.map { ConformalInterval(coverage: $0, horizon: target.horizon) })
    }

    private mutating func place(of instrument: InstrumentID) -> Int {
        let place = Int(instrument.rawValue)
        while series.count <= place { series.append(nil) }
        if series[place] == nil { series[place] = fresh }
        touched.insert(place)
        return place
    }
}
