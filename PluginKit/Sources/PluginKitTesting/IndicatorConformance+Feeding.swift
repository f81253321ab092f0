import PluginKit

// How the checks feed an indicator and look at what it gives.
extension IndicatorConformance {
    typealias Report = (String) -> Void

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

    /// Feeds events as one run.
    func feed(_ events: [Subject.Input], to subject: inout Subject) -> WrittenRows {
        feed(events, to: &subject) { events.count }
    }

    /// Feeds events in runs as long as a body says, 1 or more.
    func feed(_ events: [Subject.Input], to subject: inout Subject, runs length: () -> Int) -> WrittenRows {
        WrittenRows(count: events.count, width: width) { base in
            var start = 0
            while start < events.count {
                let end = min(events.count, start + length())
                write(events[start..<end], to: &subject, base + start * width, stride: width)
                start = end
            }
        }
    }

    /// Feeds events one at a time.
    func feedSingly(_ events: [Subject.Input], to subject: inout Subject) -> WrittenRows {
        WrittenRows(count: events.count, width: width) { base in
            for (index, event) in events.enumerated() {
                _ = subject.update(event, into: OutputRow(base: base + index * width, width: width))
            }
        }
    }

    /// Feeds events as one run into room whose rows may be further apart than they are wide.
    func write(
        _ events: ArraySlice<Subject.Input>, to subject: inout Subject, _ base: UnsafeMutablePointer<Double>,
        stride: Int
    ) {
        let rows = FeatureRows(base: base, count: events.count, width: width, stride: stride)
        subject.update(events.span, into: rows)
    }

    /// Feeds one event.
    func step(_ event: Subject.Input, _ subject: inout Subject) -> (row: WrittenRows, isAccepted: Bool) {
        var isAccepted = false
        let row = WrittenRows(count: 1, width: width) { base in
            isAccepted = subject.update(event, into: OutputRow(base: base, width: width))
        }
        return (row, isAccepted)
    }

    func bytes(_ subject: Subject) -> [UInt8] {
        var writer = StateWriter()
        subject.save(to: &writer)
        return writer.bytes
    }

    /// Reports the first row that differs: row i from row `start + i` of what is expected.
    func compare(
        _ rows: WrittenRows, _ expected: WrittenRows, startingAt start: Int = 0, length: Int? = nil, _ what: String,
        _ report: Report
    ) {
        let length = length ?? rows.count
        guard let row = rows.firstDifference(from: expected, startingAt: start, length: length) else { return }
        report("\(what): event \(row + 1) gives \(rows[row]); expected \(expected[start + row])")
    }
}
