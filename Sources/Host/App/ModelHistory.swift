import CivilTime
import HostCore
import HostStorage
import HostTraining
import PluginKit

/// Reads what the models of a pipeline learn from: what the store has, where an earlier run stored all of it, else what the
/// providers answer, through the quality stage.
struct ModelHistory: Sendable {
    let plan: PipelinePlan
    /// One an input.
    let routes: [Route]
    let store: any EventStore
    /// For each input, whether the store has all of it; none has where this is empty.
    let past: [Bool]
    let isStopping: StopSignal
    /// The event time from which on all that is stored is read; of what lies before it, as much as rows from then on follow from.
    var start = Int64.min
    /// Bars before `start` that are read of each instrument.
    var before = 0

    /// Returns bars with their features and the columns asked for of the inputs beside them, and how many rows were refused.
    ///
    /// Throws the provider's fault, or `.cancelled` when the host is stopping.
    func load(columns: Set<String>) async throws(PluginError) -> (data: TrainingData, refused: Int) {
        let (bars, refused) = try await bars()
        var data = TrainingData(bars: bars, features: plan.features, instruments: plan.directory)
        let columns = plan.features.origins(of: columns)
        for (place, side) in plan.sides.enumerated() where !columns.isDisjoint(with: side.carriedNames) {
            data.join(side.carriedNames, try await self.columns(of: place + 1, beside: data.bars))
        }
        return (data, refused)
    }

    private func isStored(_ input: Int) -> Bool { input < past.count && past[input] }

    private func bars() async throws(PluginError) -> ([Bar], refused: Int) {
        if isStored(0) { return (try await stored(), 0) }
        return plan.driving.bars(of: try await answer(of: 0), isKnown: plan.isKnown, latest: latest(of: plan.driving))
    }

    /// What the provider answers to a request for all the past of an input.
    private func answer(of input: Int) async throws(PluginError) -> Reply {
        let own = plan.inputs[input]
        let request = FetchRequest(own.sourceKind, of: plan.instruments, timeframe: own.sourceTimeframe)
        let reply = try await routes[input].fetch(request).reply
        guard reply.batch.kind == own.sourceKind else {
            throw PluginError(
                .malformed,
                "a request for \(own.sourceKind.rawValue) events was answered with \(reply.batch.kind.rawValue) events."
            )
        }
        return reply
    }

    private func latest(of input: InputPlan) -> Int64 {
        EventTimes.latest(at: WallClock.now(), span: input.timeframe.nanoseconds)
    }

    /// Returns the digest of the bars that models learn from and their number, without holding them; `nil` where the store does not
    /// have them, or one of these columns is of an input beside them.
    func digest(columns: Set<String>) async throws(PluginError) -> (text: String, bars: Int)? {
        let columns = plan.features.origins(of: columns)
        guard isStored(0), plan.sides.allSatisfy({ columns.isDisjoint(with: $0.carriedNames) }) else { return nil }
        var digest = BarsDigest(plan.directory)
        var count = 0
        try await eachPiece { bars in
            digest.add(bars)
            count += bars.count
        }
        return (digest.text, count)
    }

    /// Reads what the pipeline accepted.
    private func stored() async throws(PluginError) -> [Bar] {
        var bars: [Bar] = []
        try await eachPiece { bars += $0 }
        return bars
    }

    /// Hands over what the pipeline accepted: instrument after instrument by name, in pieces.
    private func eachPiece(_ take: ([Bar]) -> Void) async throws(PluginError) {
        func read(
            _ instrument: Instrument, _ range: ClosedRange<Int64>, _ limit: Int, isFromStart: Bool
        ) async throws(PluginError) -> [StoredBar] {
            try await store.events(
                Bar.self,
                EventQuery(
                    instrument: instrument, timeframe: plan.timeframe, pipeline: plan.id, range: range, limit: limit,
                    isFromStart: isFromStart))
        }
        for instrument in plan.instruments.map(\.instrument).sorted() {
            if start > .min, before > 0 {
                take(try await read(instrument, .min...(start - 1), before, isFromStart: false).map(\.bar))
            }
            var first = start
            while true {
                let piece = try await read(instrument, first...Int64.max, 16_384, isFromStart: true)
                take(piece.map(\.bar))
                try checkStop()
                guard piece.count == 16_384, let last = piece.last?.bar.time, last < .max else { break }
                first = last + 1
            }
        }
    }

    /// What an input beside the bars has to say at each of them.
    private func columns(of input: Int, beside bars: [Bar]) async throws(PluginError) -> [Double] {
        let own = plan.inputs[input]
        let history = CarriedHistory(plan, own)
        let answers = isStored(input) ? nil : try await answer(of: input).batch.byInstrument()
        var values: [Double] = []
        for keys in Self.byInstrument(bars) {
            try checkStop()
            let id = keys[0].instrument
            if let answers {
                let events = answers[id] ?? .empty(own.sourceKind)
                values += history.columns(beside: keys, in: events, latest: latest(of: own))
            } else {
                values += try await history.columns(
                    beside: keys, of: plan.directory.instrument(id), from: store)
            }
        }
        return values
    }

    /// The keys of the bars of each instrument, in their order; those of one instrument stand together.
    private static func byInstrument(_ bars: [Bar]) -> [[RowKey]] {
        var keys: [[RowKey]] = []
        for bar in bars {
            if keys.last?.last?.instrument == bar.instrument {
                keys[keys.count - 1].append(RowKey(bar))
            } else {
                keys.append([RowKey(bar)])
            }
        }
        return keys
    }

    private func checkStop() throws(PluginError) {
        if isStopping.isFired { throw PluginError(.cancelled, "pipeline/\(plan.id): it is stopping.") }
    }
}
