import PluginKit

// How the checks feed an indicator and look at what it gives. Rows are compared as bits, every NaN counted as the same.
extension IndicatorConformance {
    typealias Report = (String) -> Void

    static var undefined: UInt64 { Double.nan.bitPattern }

    func make() throws(PluginError) -> Subject { try build() }

    /// Runs one check; an error it throws is a finding too.
    func check(_ name: String, _ body: (Report) throws -> Void) -> [ConformanceFinding] {
        var findings: [ConformanceFinding] = []
        do {
            try body { findings.append(ConformanceFinding(name, $0)) }
        } catch {
            findings.append(ConformanceFinding(name, "it throws: \(error)"))
        }
        return findings
    }

    /// Feeds events as one run; returns the rows as bits.
    func feed(_ events: [Subject.Input], to subject: inout Subject) -> [[UInt64]] {
        var matrix = [Double](repeating: 0, count: events.count * width)
        write(events, to: &subject, &matrix, stride: width)
        return events.indices.map { bits(matrix[($0 * width)..<(($0 + 1) * width)]) }
    }

    /// Feeds events as one run into a matrix with room beside the rows.
    func write(_ events: [Subject.Input], to subject: inout Subject, _ matrix: inout [Double], stride: Int) {
        matrix.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            let rows = FeatureRows(base: base, count: events.count, width: width, stride: stride)
            subject.update(events.span, into: rows)
        }
    }

    /// Feeds one event; returns the row as bits.
    func step(_ event: Subject.Input, _ subject: inout Subject) -> (row: [UInt64], isAccepted: Bool) {
        var isAccepted = false
        let row = oneRow { isAccepted = subject.update(event, into: $0) }
        return (row, isAccepted)
    }

    /// Returns what `peek` writes, as bits.
    func look(_ event: Subject.Input, _ subject: Subject) -> [UInt64] { oneRow { subject.peek(event, into: $0) } }

    func bytes(_ subject: Subject) -> [UInt8] {
        var writer = StateWriter()
        subject.save(to: &writer)
        return writer.bytes
    }

    func numbers(_ row: [UInt64]) -> [Double] { row.map { Double(bitPattern: $0) } }

    /// Reports the first row that differs.
    func compare(_ rows: [[UInt64]], _ expected: [[UInt64]], _ what: String, _ report: Report) {
        guard rows.count == expected.count else {
            report("\(what): \(rows.count) rows; expected \(expected.count)")
            return
        }
        for (index, pair) in zip(rows, expected).enumerated() where pair.0 != pair.1 {
            report("\(what): event \(index + 1) gives \(numbers(pair.0)); expected \(numbers(pair.1))")
            return
        }
    }

    private func oneRow(_ body: (OutputRow) -> Void) -> [UInt64] {
        var row = [Double](repeating: 0, count: width)
        row.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            body(OutputRow(base: base, width: width))
        }
        return bits(row[...])
    }

    private func bits(_ row: ArraySlice<Double>) -> [UInt64] {
        row.map { $0.isNaN ? Self.undefined : $0.bitPattern }
    }
}
