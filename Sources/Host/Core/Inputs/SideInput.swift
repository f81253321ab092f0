import PluginKit

/// An input beside the driving one, in a partition: its events make no rows, they are carried into those of the driving one.
struct SideInput {
    var judged: JudgedInput
    /// What is carried, each with an age of its own, and the first of its columns in driving rows.
    private var parts: [(carried: CarriedRows, offset: Int)] = []
    private var keys: [RowKey] = []
    private var rows: [Double] = []
    private let width: Int
    private let shape: ShapePlan?

    /// Creates an input whose columns begin after `offset` of the driving rows' others beside it.
    init(_ plan: PipelinePlan, _ input: InputPlan, offset: Int, isKnown: [Bool]) {
        judged = JudgedInput(plan, input, isKnown: isKnown)
        width = input.width
        shape = input.shape
        var offset = offset
        for (_, columns) in input.carriedParts {
            // A bar beside an auction closes after bars of other venues that end later.
            let carried = CarriedRows(
                columns: columns, of: width, skipsEmpty: input.kind == .figure && !columns.isEmpty,
                maxAge: input.carriedAge, slack: plan.driving.shape == nil ? 0 : 3_600_000_000_000)
            parts.append((carried, offset))
            offset += columns.count + 1
        }
    }

    /// Takes a delivery; its rows wait for the driving events of their time.
    mutating func take(_ item: IngestItem) {
        judged.take(item)
        compute()
    }

    /// Closes the bars that are built of its events and end by a time; returns whether there are any.
    mutating func close(through time: Int64) -> Bool {
        guard judged.stage.openSince != nil else { return false }
        judged.close(through: time)
        compute()
        return judged.tally.rows > 0
    }

    /// Takes events that an earlier run accepted; their rows wait for the driving events of their time.
    mutating func take(stored events: EventBatch) {
        judged.take(stored: events)
        compute()
    }

    /// Lets indicators see what an earlier run accepted; every driving event to come is later.
    mutating func warmUp(_ events: EventBatch) {
        take(stored: events)
        for part in parts.indices { parts[part].carried.settle() }
    }

    /// Notes that the last row of an instrument was refused by an earlier run.
    mutating func resume(refused instrument: InstrumentID) { judged.stage.resume(refused: instrument) }

    mutating func finish() { judged.finish() }

    /// Writes its columns beside driving events; counts the rows without values.
    mutating func write(
        _ keys: [RowKey], into rows: inout [Double], after first: Int, stride: Int,
        missing: inout MissingRows
    ) {
        // Beside parts that carry values, the age of the newest event of all is no value that could be missing.
        var none = MissingRows()
        for part in parts.indices {
            let column = first + parts[part].offset
            if part == 0, parts.count > 1 {
                parts[part].carried.write(keys, into: &rows, column: column, stride: stride, missing: &none)
            } else {
                parts[part].carried.write(keys, into: &rows, column: column, stride: stride, missing: &missing)
            }
        }
    }

    private mutating func compute() {
        judged.stage.keys(into: &keys)
        rows.resize(to: keys.count * width)
        judged.stage.compute(into: &rows, stride: width)
        knowLater()
        for part in parts.indices { parts[part].carried.append(rows, of: keys) }
    }

    /// What was announced only after it held is known from then on, and so is a bar that an auction may still add to.
    private mutating func knowLater() {
        if let shape { for row in keys.indices { keys[row].time = shape.known(keys[row]) } }
        guard case .factors(let factors) = judged.stage.events else { return }
        for (row, factor) in factors.enumerated() { keys[row].time = max(factor.time, factor.announced) }
    }
}
