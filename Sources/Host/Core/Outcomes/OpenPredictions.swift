import PluginKit

/// The predictions of an instrument whose horizon is not over, oldest first, with the rows they were made from where these are
/// learned.
struct OpenPredictions {
    struct Prediction {
        let time: Int64
        let value: Double
        let flags: EventFlags
        /// Number of its bar since the price's level began; -1 while that bar has not passed.
        var bar = -1
        /// What came, where an earlier run knew it already; NaN else.
        var actual = Double.nan
        /// Where it stands among what the call hands to the store; -1 for one of an earlier call.
        var place = -1
    }

    private var items: [Prediction] = []
    private var rows: [Double] = []
    private var head = 0
    private let width: Int

    /// Creates none; `width` numbers are kept with each.
    init(width: Int) { self.width = width }

    var count: Int { items.count - head }
    var first: Prediction? { head < items.count ? items[head] : nil }
    var last: Prediction? { head < items.count ? items[items.count - 1] : nil }
    var all: ArraySlice<Prediction> { items[head...] }

    /// Lets a learner have the row of the first.
    func teach(_ learner: inout any Learner, _ label: Double) throws(PluginError) {
        try learner.learn(rows.span.extracting(head * width..<(head + 1) * width), label: label)
    }

    /// Adds a prediction with the `width` numbers it was made from.
    mutating func append(_ prediction: Prediction, row: [Double]) {
        items.append(prediction)
        rows.append(contentsOf: row)
    }

    /// Moves the first of others here, made from this bar.
    mutating func take(firstOf others: inout OpenPredictions, bar: Int) {
        guard var prediction = others.first else { return }
        prediction.bar = bar
        items.append(prediction)
        rows.append(contentsOf: others.rows[others.head * width..<(others.head + 1) * width])
        others.removeFirst()
    }

    mutating func removeFirst() {
        head += 1
        guard head >= 64, head * 2 >= items.count else { return }
        items.removeFirst(head)
        rows.removeFirst(head * width)
        head = 0
    }

    mutating func removeAll() {
        items.removeAll(keepingCapacity: true)
        rows.removeAll(keepingCapacity: true)
        head = 0
    }

    /// Forgets where they stand among what a call hands to the store.
    mutating func settle() {
        var index = items.count - 1
        while index >= head, items[index].place >= 0 {
            items[index].place = -1
            index -= 1
        }
    }

    func save(to writer: inout StateWriter) {
        writer.write(count)
        for item in all {
            writer.write(Int(item.time))
            writer.write(item.value)
            writer.write(Int(item.flags.rawValue))
        }
        for number in rows[(head * width)...] { writer.write(number) }
    }

    /// Reads what `save` wrote, with as many numbers a row.
    init(from reader: inout StateReader, width: Int) throws(PluginError) {
        self.width = width
        let count = try reader.readInt(in: 0...10_000_000)
        for _ in 0..<count {
            let time = Int64(try reader.readInt())
            let value = try reader.readDouble()
            let flags = EventFlags(rawValue: UInt32(truncatingIfNeeded: try reader.readInt()))
            items.append(Prediction(time: time, value: value, flags: flags))
        }
        for _ in 0..<count * width { rows.append(try reader.readDouble()) }
    }
}
