import PluginKit
import RollingStatistics

/// A compiled expression: steps in the order of their computing, each of which fills columns of rows beside the bars.
///
/// Equal steps are one: what an expression says twice is computed once. A step computes a whole run of bars before the next
/// one begins; a single bar is a run of one, so both give the same bits.
struct ExpressionProgram: Sendable {
    /// What a step computes; columns of other steps are named by their number.
    enum Operation: Hashable, Sendable {
        case number(Double)
        case field(ExpressionField)
        /// A column of the row, by its place among `sources`.
        case source(Int)
        case unary(ExpressionFunction, Int)
        case binary(ExpressionFunction, Int, Int)
        case choice(Int, Int, Int)
        case indicator(Call)
    }

    /// An indicator with its options; it reads the bars, or the columns of `sources` in place of their `close` and `open`.
    struct Call: Hashable, Sendable {
        let name: String
        let values: [String: ConfigurationValue]
        let sources: [Int]
    }

    private struct Step: Sendable {
        let operation: Operation
        let column: Int
        let width: Int
        /// Where its indicator stands in `parts`.
        let part: Int
        let warmUpLength: Int
    }

    private var steps: [Step] = []
    private var columns: [Operation: Int] = [:]
    /// The step each column belongs to.
    private var owners: [Int] = []
    /// The indicators, each with its state.
    private(set) var parts: [any Indicator<Bar>] = []
    /// Names of the columns of a row that it reads.
    private(set) var sources: [String] = []
    /// The numbers of a bar without which it is refused.
    private(set) var needed: Set<ExpressionField> = []

    /// How many numbers a row has.
    private var width: Int { owners.count }

    /// How many bars it takes until a column has its first value.
    func warmUpLength(of column: Int) -> Int { steps[owners[column]].warmUpLength }

    /// Returns the column of an operation that is not an indicator.
    mutating func column(of operation: Operation) -> Int {
        if case .field(let field) = operation { needed.formUnion(field.numbers) }
        return column(of: operation, width: 1, part: -1, warmUpLength: 1)
    }

    /// Returns the column of a column of the row.
    mutating func column(ofSource name: String) -> Int {
        if !sources.contains(name) { sources.append(name) }
        return column(of: .source(sources.firstIndex(of: name) ?? 0))
    }

    /// Returns the first column of an indicator; it is made where the program has none like it.
    mutating func column(of call: Call, width: Int, needs: Set<ExpressionField>, _ made: any Indicator<Bar>) -> Int {
        if let known = columns[.indicator(call)] { return known }
        needed.formUnion(needs)
        parts.append(made)
        return column(of: .indicator(call), width: width, part: parts.count - 1, warmUpLength: made.warmUpLength)
    }

    private mutating func column(of operation: Operation, width: Int, part: Int, warmUpLength own: Int) -> Int {
        if let known = columns[operation] { return known }
        let column = owners.count
        let before = operation.inputs.map { warmUpLength(of: $0) }.max() ?? 1
        steps.append(
            Step(operation: operation, column: column, width: width, part: part, warmUpLength: before + own - 1))
        owners += Array(repeating: steps.count - 1, count: width)
        columns[operation] = column
        return column
    }

    /// Whether a bar has all the numbers that are read.
    func takes(_ bar: Bar) -> Bool { needed.allSatisfy { $0.isUsable(in: bar) } }

    /// Computes bars that `takes` lets through, and hands over their rows.
    mutating func run(_ bars: UnsafeBufferPointer<Bar>, _ body: (FeatureRows) -> Void) {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: bars.count * width) { memory in
            memory.initialize(repeating: .nan)
            guard let base = memory.baseAddress else { return }
            let rows = FeatureRows(base: base, count: bars.count, width: width, stride: width)
            for step in steps {
                if case .indicator(let call) = step.operation {
                    let own = FeatureRows(
                        base: base + step.column, count: bars.count, width: step.width, stride: width)
                    update(step.part, call.sources, bars, rows, own)
                } else {
                    Self.compute(step, bars, rows)
                }
            }
            body(rows)
        }
    }

    /// Feeds an indicator: a bar that it refuses, or whose source has no value yet, leaves it as it was.
    private mutating func update(
        _ part: Int, _ sources: [Int], _ bars: UnsafeBufferPointer<Bar>, _ rows: FeatureRows, _ own: FeatureRows
    ) {
        guard let first = sources.first else { return parts[part].update(bars.span, into: own) }
        for (index, bar) in bars.enumerated() {
            let row = rows[index]
            guard sources.allSatisfy({ !row[$0].isNaN }) else { continue }
            var made = bar
            made.close = row[first]
            if sources.count > 1 { made.open = row[sources[1]] }
            _ = parts[part].update(made, into: own[index])
        }
    }

    private static func compute(_ step: Step, _ bars: UnsafeBufferPointer<Bar>, _ rows: FeatureRows) {
        for index in bars.indices {
            let row = rows[index]
            switch step.operation {
            case .field(let field): row[step.column] = field.value(of: bars[index])
            case let operation: row[step.column] = value(of: operation, in: row)
            }
        }
    }

    /// Computes a row without a bar, from the columns it reads, and returns one of its own.
    func value(of column: Int, _ source: (Int) -> Double) -> Double {
        withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { memory in
            memory.initialize(repeating: .nan)
            guard let base = memory.baseAddress else { return .nan }
            let row = FeatureRows(base: base, count: 1, width: width, stride: width)[0]
            for step in steps {
                switch step.operation {
                case .source(let place): row[step.column] = source(place).orUndefined
                case let operation: row[step.column] = Self.value(of: operation, in: row)
                }
            }
            return row[column]
        }
    }

    /// What an operation on columns before it gives.
    @inline(__always) private static func value(of operation: Operation, in row: OutputRow) -> Double {
        switch operation {
        case .number(let number): number
        case .unary(let function, let value): function.of(row[value])
        case .binary(let function, let left, let right): function.of(row[left], row[right])
        case .choice(let condition, let yes, let no):
            row[condition].isNaN ? .nan : row[condition] != 0 ? row[yes] : row[no]
        case .field, .source, .indicator: .nan
        }
    }

    /// Writes the state of every indicator.
    func save(to writer: inout StateWriter) {
        for part in parts { part.save(to: &writer) }
    }

    /// Reads the state of every indicator, possibly half-way: it works on a copy.
    mutating func restore(from reader: inout StateReader) throws(PluginError) {
        for index in parts.indices { try parts[index].restore(from: &reader) }
    }
}

extension ExpressionProgram.Operation {
    /// The columns it reads.
    fileprivate var inputs: [Int] {
        switch self {
        case .number, .field, .source: []
        case .unary(_, let value): [value]
        case .binary(_, let left, let right): [left, right]
        case .choice(let condition, let yes, let no): [condition, yes, no]
        case .indicator(let call): call.sources
        }
    }
}
