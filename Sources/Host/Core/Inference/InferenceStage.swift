package import PluginKit

/// Why an accepted event got no prediction.
package enum NoPrediction: String, Sendable, CaseIterable {
    /// A feature has no value: warm-up, its formula is undefined here, or a member gave no prediction.
    case missingFeatures = "missing_features"
    /// No predictor had learned only from this row's past.
    case noOutOfSampleModel = "no_out_of_sample_model"
    /// The model is not fitted, disabled or failed.
    case modelNotReady = "model_not_ready"
    /// The predictor threw.
    case predictorFault = "predictor_fault"
}

/// Runs one model over the feature rows of a batch; buffers are reused.
package struct InferenceStage: Sendable {
    private let model: ServingModel
    /// Where the members stand among the pipeline's models; -1 for one that is not there.
    let memberPlaces: [Int]
    /// Where the models stand whose columns are among its features.
    private let borrowedPlaces: [Int]
    private var input: [Double] = []
    private var output: [Double] = []
    private var rows: [Int] = []
    /// For each prediction of the last call, the row it was made from.
    package private(set) var sources: [Int] = []
    private var predictions: [Prediction] = []
    private var values: [Double] = []
    /// The rows of the last call that the serving fit predicted, by the steps of its sketch.
    private(set) var steps: [UInt8] = []
    private(set) var sketch: DriftSketch?
    /// Matches predictions with what came; `nil` where nothing is measured.
    private(set) var outcomes: OutcomeStage?
    /// Versions that predict the same rows, unseen.
    private var shadows: [InferenceStage] = []
    private let among: [String]
    /// The last rows of each instrument; `nil` where the model sees one bar at a time.
    private var windows: FeatureWindows?

    /// The model's id.
    var id: String { model.id }

    /// Creates the stage of one model; `models` are the ids of the pipeline's, in their order.
    package init(model: ServingModel, among models: [String] = []) {
        self.init(model: model, among: models, goingOn: [])
    }

    /// The same; predictions of the stages before that wait for their outcome go on waiting.
    init(model: ServingModel, among models: [String], goingOn before: [InferenceStage]) {
        self.model = model
        among = models
        let own = before.first { $0.id == model.id && $0.model.shadow == model.shadow }
        outcomes = own?.outcomes?.serving(model) ?? OutcomeStage(model)
        memberPlaces = model.members.map { models.firstIndex(of: $0) ?? -1 }
        borrowedPlaces = model.borrowed.map { models.firstIndex(of: $0.model) ?? -1 }
        shadows = own?.shadows ?? []
        if model.window > 1 {
            windows = own?.windows(of: model) ?? FeatureWindows(steps: model.window, width: model.width)
        }
        follow(model.inForce.shadows)
    }

    /// Its windows, where another stage's hold the same.
    private func windows(of other: ServingModel) -> FeatureWindows? {
        model.window == other.window && model.identity == other.identity ? windows : nil
    }

    /// Whether it has to see the rows of bars that warm up.
    var wantsRows: Bool { windows != nil && memberPlaces.isEmpty && borrowedPlaces.isEmpty }

    /// Goes over to these shadows; one that stays keeps the predictions that wait.
    private mutating func follow(_ wanted: [ServingModel]) {
        guard !wanted.elementsEqual(shadows, by: { $0 === $1.model }) else { return }
        let known = shadows
        shadows = wanted.map { shadow in
            var stage = InferenceStage(model: shadow, among: among, goingOn: known)
            if !known.contains(where: { $0.model === shadow }) { stage.windows = windows(of: shadow) }
            return stage
        }
    }

    /// The versions that the rows of the last call were predicted by; 0 where it is none.
    private(set) var versions = ServedVersions()
    /// Which rows others serve.
    private var split: ServedSplit?

    /// Predictions of the last call and of its shadows, with what became known, as the store keeps them.
    var kept: [KeptPrediction] { shadows.reduce(outcomes?.kept ?? []) { $0 + $1.kept } }

    /// What was learned in the last call, of the shadows too.
    var learned: [LearnedState] { shadows.reduce(outcomes?.learned ?? []) { $0 + $1.learned } }

    /// Lets the shadows predict the rows of the last call.
    mutating func shadow(_ keys: [RowKey], features: [Double], width: Int, made: ModelValues) {
        for place in shadows.indices {
            _ = shadows[place].process(keys, features: features, width: width, made: made) { _, _ in }
        }
    }

    /// Returns the predictions of a batch, or `nil` where there is none; calls `skip` for each row without one.
    ///
    /// - Parameter made: what the models before gave each row, NaN where nothing; needed where it has members.
    package mutating func process(
        _ keys: [RowKey], features: [Double], width: Int, made: ModelValues = ModelValues(),
        skip: (NoPrediction, Int) -> Void
    ) -> PredictionBatch? {
        predictions.removeAll(keepingCapacity: true)
        sources.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        steps.removeAll(keepingCapacity: true)
        let now = model.inForce
        let timeline = now.timeline
        follow(now.shadows)
        versions.begin(timeline?.version ?? 0)
        split = learns ? nil : now.split
        outcomes?.begin(timeline)
        defer { outcomes?.end() }
        guard let timeline, let last = timeline.parts.last else {
            skip(.modelNotReady, keys.count)
            see(0..<keys.count, keys, features, width, made)
            follow(keys)
            return nil
        }
        if learns {
            for row in keys.indices { processRow(row, keys, features, width, made, timeline, skip) }
        } else {
            var row = 0
            while row < keys.count {
                let serving = split?.timeline(of: keys[row]) ?? timeline
                row = processSegment(from: row, keys, features, width, made, serving, skip)
            }
            follow(keys)
        }
        guard !predictions.isEmpty else { return nil }
        return PredictionBatch(
            model: model.id, target: model.target,
            outputs: last.predictor.outputs + PredictionBatch.further(model),
            rows: predictions, values: values)
    }

    private var learns: Bool { outcomes?.learns == true }

    /// Lets the outcomes see the bars, and what was predicted of them.
    private mutating func follow(_ keys: [RowKey]) {
        guard outcomes != nil else { return }
        var next = 0
        for row in keys.indices {
            outcomes?.take(keys[row])
            guard next < sources.count, sources[next] == row else { continue }
            outcomes?.say(predictions[next], by: versions[next])
            bound(next)
            next += 1
        }
    }

    /// Handles a row of a model that learns: first its bar makes labels known, then it is predicted.
    private mutating func processRow(
        _ row: Int, _ keys: [RowKey], _ features: [Double], _ width: Int, _ made: ModelValues,
        _ timeline: PredictorTimeline, _ skip: (NoPrediction, Int) -> Void
    ) {
        let part = timeline.index(at: keys[row].time, of: keys[row].instrument)
        if let part { outcomes?.turn(keys[row].instrument, to: part, of: timeline) }
        outcomes?.take(keys[row])
        guard let part else { return skip(.noOutOfSampleModel, 1) }
        gather(row..<row + 1, keys, features, width, made, skip)
        let count = predictions.count
        predict(
            keys, timeline, part, outcomes?.learner(of: keys[row].instrument), skip)
        guard predictions.count > count else { return }
        outcomes?.say(predictions[count], by: versions[count], row: input)
        bound(count)
    }

    /// Writes the interval of a prediction, by what is known with its bar.
    private mutating func bound(_ row: Int) {
        guard model.interval != nil,
            let found = outcomes?.interval(around: predictions[row].value, of: predictions[row].instrument)
        else { return }
        let width = values.count / predictions.count
        let start = (row + 1) * width - model.addedCount
        (values[start], values[start + 1]) = (found.lower, found.upper)
    }

    /// Forgets what the last call gave: in this one there are no rows.
    mutating func rest() {
        outcomes?.begin(nil)
        outcomes?.end()
        for place in shadows.indices { shadows[place].rest() }
    }

    /// Lets the outcomes see all rows of closed event times, which `process` then gets in one call or more.
    package mutating func foresee(_ keys: [RowKey]) {
        outcomes?.foresee(keys)
        follow(model.inForce.shadows)
        for place in shadows.indices { shadows[place].foresee(keys) }
    }

    /// Lets the outcomes see bars of which nothing goes out any more, and windows their rows where these are given.
    mutating func warmUp(_ keys: [RowKey], features: [Double] = [], width: Int = 0) {
        outcomes?.warmUp(keys)
        if wantsRows, !features.isEmpty { see(0..<keys.count, keys, features, width, ModelValues()) }
        for place in shadows.indices { shadows[place].warmUp(keys, features: features, width: width) }
    }

    /// Takes what corrects bars.
    mutating func correct(_ bars: [Bar]) {
        outcomes?.correct(bars)
        for place in shadows.indices { shadows[place].correct(bars) }
    }

    /// Takes predictions of an instrument that wait since an earlier run, its own and those of its shadows.
    mutating func resume(_ kept: [KeptPrediction], of instrument: InstrumentID) {
        outcomes?.resume(kept.filter { $0.shadow == model.shadow }, of: instrument)
        for place in shadows.indices { shadows[place].resume(kept, of: instrument) }
    }

    /// Takes what an instrument had taught the model in an earlier run.
    mutating func resume(_ state: LearnedState) throws(PluginError) {
        for place in shadows.indices { try shadows[place].resume(state) }
        guard state.shadow == model.shadow, let timeline = model.timeline else { return }
        try outcomes?.resume(state, timeline)
    }

    /// Handles the rows from `start` that one part is for; returns the row after them.
    private mutating func processSegment(
        from start: Int, _ keys: [RowKey], _ features: [Double], _ width: Int, _ made: ModelValues,
        _ timeline: PredictorTimeline, _ skip: (NoPrediction, Int) -> Void
    ) -> Int {
        let part = timeline.index(at: keys[start].time, of: keys[start].instrument)
        var end = start + 1
        while end < keys.count, isServed(keys[end], by: timeline), isSame(part, timeline, keys[end]) { end += 1 }
        guard let part else {
            skip(.noOutOfSampleModel, end - start)
            see(start..<end, keys, features, width, made)
            return end
        }
        gather(start..<end, keys, features, width, made, skip)
        let count = predictions.count
        predict(keys, timeline, part, nil, skip)
        if split != nil { for _ in count..<predictions.count { versions.note(timeline.version) } }
        return end
    }

    /// Whether the turn is the same version's at a row.
    private func isServed(_ key: RowKey, by timeline: PredictorTimeline) -> Bool {
        split.map { $0.timeline(of: key).version == timeline.version } ?? true
    }

    private func isSame(_ part: Int?, _ timeline: PredictorTimeline, _ key: RowKey) -> Bool {
        let time = key.time
        guard let part, !timeline.isPerInstrument else { return timeline.index(at: time, of: key.instrument) == part }
        let current = timeline.parts[part]
        let isLast = part == timeline.parts.count - 1
        let isInside = current.validAfter < time && time <= current.validThrough
        return isInside && (isLast || timeline.index(at: time, of: key.instrument) == part)
    }

    /// Lets windows take rows of which nothing is predicted.
    private mutating func see(
        _ range: Range<Int>, _ keys: [RowKey], _ features: [Double], _ width: Int, _ made: ModelValues
    ) {
        guard windows != nil else { return }
        gather(range, keys, features, width, made) { _, _ in }
    }

    private mutating func gather(
        _ range: Range<Int>, _ keys: [RowKey], _ features: [Double], _ width: Int, _ made: ModelValues,
        _ skip: (NoPrediction, Int) -> Void
    ) {
        input.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        var missing = 0
        for row in range {
            let mark = input.count
            var isComplete = take(memberValuesOf: row, made)
            for column in model.columns {
                let value = column < 0 ? borrowed(-column - 1, row, made) : features[row * width + column]
                isComplete = isComplete && value.isFinite
                input.append(value)
            }
            if let isWhole = windows?.take(keys[row], isComplete: isComplete, from: mark, in: &input) {
                isComplete = isWhole
            }
            if isComplete {
                rows.append(row)
            } else {
                input.removeLast(input.count - mark)
                missing += 1
            }
        }
        if missing > 0 { skip(.missingFeatures, missing) }
    }

    /// What a member gave a row in a column that is among the features.
    private func borrowed(_ number: Int, _ row: Int, _ made: ModelValues) -> Double {
        let place = borrowedPlaces[number]
        return place < 0 ? .nan : made[row, place, model.borrowed[number].column]
    }

    /// Appends what the members gave a row; returns whether that is enough for a prediction.
    private mutating func take(memberValuesOf row: Int, _ made: ModelValues) -> Bool {
        guard !memberPlaces.isEmpty else { return true }
        var given = 0
        for place in memberPlaces {
            let value = place < 0 ? .nan : made[row, place]
            if value.isFinite { given += 1 }
            input.append(value.isFinite ? value : .nan)
        }
        return model.combines ? given > 0 : given == memberPlaces.count
    }

    private mutating func predict(
        _ keys: [RowKey], _ timeline: PredictorTimeline, _ place: Int, _ learner: (any Learner)?,
        _ skip: (NoPrediction, Int) -> Void
    ) {
        guard !rows.isEmpty else { return }
        let (part, columns) = (timeline.parts[place], timeline.columnCount)
        let predictor = part.predictor
        func fail(_ fault: PluginError) {
            skip(.predictorFault, rows.count)
            model.failed(rows.count, fault)
        }
        guard columns > 0, predictor.outputs.count == columns else {
            return fail(
                PluginError(
                    .malformed, "model/\(id): it gives \(predictor.outputs.count) columns in place of \(columns)."))
        }
        output.removeAll(keepingCapacity: true)
        output.append(contentsOf: repeatElement(.nan, count: rows.count * columns))
        let shape = TensorShape(batch: rows.count, time: model.window, features: model.width)
        let fault = learner.map { Self.run($0, input, &output) } ?? Self.run(predictor, input, shape, &output)
        if let fault { return fail(fault) }
        var unusable = 0
        for (index, row) in rows.enumerated() {
            let value = output[index * columns]
            guard value.isFinite else {
                unusable += 1
                continue
            }
            let key = keys[row]
            let newest = (index + 1) * shape.time * shape.features - shape.features
            note(newest, part.sketch, width: shape.features)
            sources.append(row)
            predictions.append(
                Prediction(
                    time: key.time, value: value, price: key.price, instrument: key.instrument, flags: key.flags))
            for column in 0..<columns { values.append(output[index * columns + column]) }
            if model.interval != nil { for _ in 0..<2 { values.append(.nan) } }
            if model.abstains {
                values.append(part.domain?.holds(input[newest..<newest + shape.features]) == false ? 1 : 0)
            }
            if model.combines {
                values.append(Double(input[newest..<newest + memberPlaces.count].count(where: \.isFinite)))
            }
            if model.namesVersion { values.append(Double(timeline.version)) }
        }
        guard unusable > 0 else { return model.worked() }
        skip(.predictorFault, unusable)
        model.failed(unusable, PluginError(.malformed, "model/\(id): its prediction is no finite number."))
    }

    /// Notes where a row lies that the serving fit predicts; it begins at `start` of the input.
    private mutating func note(_ start: Int, _ sketch: DriftSketch?, width: Int) {
        // Rows that another version serves are not compared with what this one learned from.
        guard let sketch, sketch.features.count == width, split == nil else { return }
        self.sketch = sketch
        for column in 0..<width { steps.append(sketch.step(column, input[start + column])) }
    }

    /// Lets the learner fill `output`; returns its fault.
    private static func run(_ learner: any Learner, _ row: [Double], _ output: inout [Double]) -> PluginError? {
        do {
            var target = output.mutableSpan
            try learner.predict(row.span, into: &target)
            return nil
        } catch {
            return error
        }
    }

    /// Lets the predictor fill `output`; returns its fault.
    private static func run(
        _ predictor: any Predictor, _ input: [Double], _ shape: TensorShape, _ output: inout [Double]
    ) -> PluginError? {
        do {
            var target = output.mutableSpan
            try predictor.predict(input.span, shape: shape, into: &target)
            return nil
        } catch {
            return error
        }
    }
}
