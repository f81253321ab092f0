package import HostCore
package import PluginKit

/// The bars models are fitted on, and the columns beside them; made once, read by all models of a pipeline.
package struct TrainingData: Sendable {
    /// Columns of one origin: row-major, one row a bar, NaN where there is no value.
    private struct Block {
        let names: [String]
        let values: [Double]
        /// Digest of the values, where they do not follow from the bars and what is configured.
        var digest: String?
        /// Whether it is of an input beside the bars.
        var isBeside: Bool { digest != nil }
    }

    /// Where a column stands: its first number, and how far it is to the next.
    struct Column {
        fileprivate let values: [Double]
        fileprivate let offset: Int
        fileprivate let stride: Int

        /// The number of a bar.
        @inline(__always) subscript(bar: Int) -> Double { values[bar * stride + offset] }
    }

    /// Accepted bars, instrument after instrument by name, each ascending in event time.
    package let bars: [Bar]
    /// Names of instruments.
    package let instruments: InstrumentTable
    /// Digest of instruments and bars.
    package let digest: String
    /// The indicators over the bars.
    let features: FeaturePlan
    private var hasFeatures = false
    private var blocks: [Block] = []
    /// What models give; a feature of the same name comes first.
    private var members: [Block] = []

    /// Takes bars, ascending in event time per instrument, and the features of a pipeline; in which order instruments come means
    /// nothing.
    package init(bars given: [Bar], features: FeaturePlan, instruments: InstrumentTable) {
        let bars = Self.byInstrument(given, instruments)
        self.bars = bars
        self.instruments = instruments
        self.features = features
        digest = Self.digest(bars, instruments)
    }

    /// Computes the features over the bars, once; whoever fits needs them, a start that finds every artifact does not.
    package mutating func computeFeatures() {
        guard !hasFeatures else { return }
        hasFeatures = true
        let computed = compute(features, over: bars, at: bars.indices)
        blocks.append(Block(names: computed.names, values: computed.values))
    }

    /// Computes indicators over bars, each in place of the one at its position, with what stands beside that one: rows of
    /// `names.count` numbers.
    ///
    /// - Parameter piece: how many bars are handed over next; an indicator may see those that are handed over together.
    func compute(
        _ plan: FeaturePlan, over given: [Bar], at places: some Collection<Int>, piece: (() -> Int)? = nil
    ) -> (names: [String], values: [Double]) {
        var bank = IndicatorBank<Bar>(plan: plan)
        var matrix: [Double] = []
        if let piece {
            var (start, rows) = (0, [Double]())
            while start < given.count {
                let end = min(given.count, start + piece())
                bank.process(Array(given[start..<end]), into: &rows)
                matrix += rows
                start = end
            }
        } else {
            bank.process(given, into: &matrix)
        }
        let beside = blocks.filter(\.isBeside)
        let names = plan.schema.names + beside.flatMap(\.names)
        var derived = DerivedColumns(plan, names: names)
        let isJoined = !derived.isEmpty && !beside.isEmpty
        var rows = isJoined ? joined(matrix, width: plan.width, beside, at: places) : matrix
        var tally = SectionTally()
        derived.fill(
            given.map { RowKey($0) }, into: &rows, stride: isJoined ? names.count : plan.width, tally: &tally)
        return (isJoined ? names : plan.schema.names, rows)
    }

    /// The columns of indicators, and of what stands beside them, in rows of one matrix.
    private func joined(
        _ matrix: [Double], width: Int, _ beside: [Block], at places: some Collection<Int>
    ) -> [Double] {
        var rows: [Double] = []
        rows.reserveCapacity(places.count * (width + beside.reduce(0) { $0 + $1.names.count }))
        for (row, bar) in places.enumerated() {
            rows += matrix[row * width..<(row + 1) * width]
            for block in beside { rows += block.values[bar * block.names.count..<(bar + 1) * block.names.count] }
        }
        return rows
    }

    /// Adds what an input beside the bars has to say at each of them: one row of `names.count` numbers a bar.
    package mutating func join(_ names: [String], _ values: [Double]) {
        var digest = StableDigest()
        for value in values { digest.add(value.bitPattern) }
        blocks.append(Block(names: names, values: values, digest: digest.text))
    }

    /// Adds what a model gives each of the bars: its prediction, and each of its columns by name.
    package mutating func join(model id: String, _ given: GivenByModel) {
        let prediction = Block(names: [TrainingPlan.column(ofModel: id)], values: bars.indices.map { given[$0] })
        members += [prediction, Block(names: given.outputs.map { "\(id).\($0)" }, values: given.values)]
    }

    /// Adds that a model gives nothing.
    package mutating func join(silent id: String) {
        members.append(
            Block(
                names: [TrainingPlan.column(ofModel: id)], values: Array(repeating: .nan, count: bars.count)))
    }

    /// Whether it has what a model gives.
    package func has(model id: String) -> Bool { column(TrainingPlan.column(ofModel: id)) != nil }

    /// Returns the numbers of a column, one a bar; `nil` where there is no such column.
    package func values(of name: String) -> [Double]? {
        column(name).map { column in bars.indices.map { column[$0] } }
    }

    /// Returns a column by name.
    func column(_ name: String) -> Column? {
        for block in blocks + members {
            guard let offset = block.names.firstIndex(of: name) else { continue }
            return Column(values: block.values, offset: offset, stride: block.names.count)
        }
        return nil
    }

    /// Returns the columns that a model reads: its members' before its features.
    func columns(_ plan: TrainingPlan) throws(PluginError) -> [Column] {
        var columns: [Column] = []
        for name in plan.columns {
            guard let column = column(name) else {
                throw PluginError(.noData, "model/\(plan.id): there are no values of \(name) to learn from.")
            }
            columns.append(column)
        }
        return columns
    }

    /// The columns that a model may read, itself or through others, and that do not follow from the bars.
    private func blocks(readBy plan: TrainingPlan) -> [Block] {
        let names = features.origins(of: Set(plan.features))
        return blocks.filter { $0.digest != nil && (!plan.members.isEmpty || !names.isDisjoint(with: $0.names)) }
    }

    /// Returns the digest of everything a model learns from that does not follow from what is configured; what members read may
    /// be any of it.
    package func digest(of plan: TrainingPlan) -> String {
        let read = blocks(readBy: plan)
        return Self.digest(
            read.isEmpty ? digest : StableDigest.of([digest] + read.compactMap(\.digest)), of: plan)
    }

    /// The same where the digest of all but the silent members is known.
    package static func digest(_ known: String, of plan: TrainingPlan) -> String {
        plan.silent.isEmpty ? known : StableDigest.of([known] + plan.silent)
    }

    /// The same of what there was up to an event time: a model that goes on learning is fitted again only where that changed.
    package func digest(of plan: TrainingPlan, through last: Int64) -> String {
        let places = bars.indices.filter { bars[$0].time <= last }
        let read = blocks(readBy: plan).map { block in
            var digest = StableDigest()
            let width = block.names.count
            for place in places {
                for value in block.values[place * width..<(place + 1) * width] { digest.add(value.bitPattern) }
            }
            return digest.text
        }
        return StableDigest.of([Self.digest(places.map { bars[$0] }, instruments)] + read)
    }

    private static func digest(_ bars: [Bar], _ instruments: InstrumentTable) -> String {
        var digest = BarsDigest(instruments)
        digest.add(bars)
        return digest.text
    }

    /// The bars of one instrument after those of another, by name; the order within each stays. Where they are so already nothing is
    /// copied.
    private static func byInstrument(_ bars: [Bar], _ instruments: InstrumentTable) -> [Bar] {
        var counts: [InstrumentID: Int] = [:]
        var order: [InstrumentID] = []
        for bar in bars {
            if bar.instrument != order.last { order.append(bar.instrument) }
            counts[bar.instrument, default: 0] += 1
        }
        let sortedOrder = counts.keys.sorted { instruments.instrument($0) < instruments.instrument($1) }
        guard order != sortedOrder else { return bars }
        var places: [InstrumentID: Int] = [:]
        var next = 0
        for id in sortedOrder {
            places[id] = next
            next += counts[id] ?? 0
        }
        var sorted = bars
        for bar in bars {
            guard let place = places[bar.instrument] else { continue }
            sorted[place] = bar
            places[bar.instrument] = place + 1
        }
        return sorted
    }
}

/// Digest of instruments and bars, taken in piece by piece: what models were fitted on is told from what there is without holding it.
package struct BarsDigest {
    private let instruments: InstrumentTable
    private var digest = StableDigest()
    private var names: [InstrumentID: UInt64] = [:]

    /// Creates the digest of nothing.
    package init(_ instruments: InstrumentTable) { self.instruments = instruments }

    /// Takes in bars: instrument after instrument by name, each ascending in event time.
    package mutating func add(_ bars: [Bar]) {
        for bar in bars {
            let name =
                names[bar.instrument]
                ?? FeatureSchema(names: [instruments.instrument(bar.instrument).description]).id
            names[bar.instrument] = name
            digest.add(bar, instrument: name)
        }
    }

    /// What `TrainingData.digest` of the same bars is.
    package var text: String { digest.text }
}
