public import PluginKit

extension IndicatorConformance where Subject.Input: TestedEvent {
    /// Runs every check; empty where the contract is kept.
    public func findings() -> [ConformanceFinding] {
        findingsForAnyEvent() + spoiledFuture() + refusal() + constantInput() + extremeInput()
    }

    /// Cutting the future off, or filling it with NaN, changes no earlier output.
    public func spoiledFuture() -> [ConformanceFinding] {
        check("spoiledFuture") { report in
            var first = try make()
            let expected = feed(events, to: &first)
            for cut in [events.count / 3, events.count / 2, max(0, events.count - 1)] {
                let past = Array(events[..<cut])
                let spoiled = past + events[cut...].map { _ in Subject.Input.made(price: .nan, size: .nan) }
                for (what, given) in [("cut off", past), ("filled with NaN", spoiled)] {
                    var subject = try make()
                    let rows = feed(given, to: &subject)
                    compare(rows, expected, length: cut, "with the future after event \(cut) \(what)", report)
                }
            }
        }
    }

    /// NaN or infinity in a field is refused (`false`, outputs NaN, state unchanged), or the field makes no difference.
    public func refusal() -> [ConformanceFinding] {
        check("refusal") { report in
            for position in [0, events.count / 2, events.count - 1] where events.indices.contains(position) {
                var subject = try make()
                _ = feed(Array(events[..<position]), to: &subject)
                for field in Subject.Input.fields {
                    for number in [Double.nan, .infinity, -.infinity] {
                        var bad = events[position]
                        bad[keyPath: field.path] = number
                        let what = "\(field.name) \(number) at event \(position + 1)"
                        offer(bad, insteadOf: events[position], subject, what, report)
                    }
                }
            }
        }
    }

    /// Returns whether an event that has NaN in the field is refused.
    public func refuses(_ field: WritableKeyPath<Subject.Input, Double>) throws(PluginError) -> Bool {
        var subject = try make()
        guard var bad = events.first else { return false }
        bad[keyPath: field] = .nan
        return !step(bad, &subject).isAccepted
    }

    /// Equal events, with and without size, give numbers or NaN, never infinity, and the same by run and by event.
    public func constantInput() -> [ConformanceFinding] {
        check("constantInput") { report in
            for price in [0, 0.1, 5, 1e9, -3] {
                for volume in [0, 1, 1e6] {
                    let event = Subject.Input.made(price: price, size: volume)
                    try feedUnusual(
                        [Subject.Input](repeating: event, count: events.count), "price \(price), size \(volume)", report
                    )
                }
            }
        }
    }

    /// Tiny, huge and mixed numbers give numbers or NaN, never infinity; nothing traps.
    public func extremeInput() -> [ConformanceFinding] {
        check("extremeInput") { report in
            let numbers = [1e-300, 1e300, Double.leastNonzeroMagnitude, 1, -1e300, 1.7e308, 0, 1e150]
            for number in numbers {
                let given = events.enumerated().map { index, event in
                    index % 3 == 0 ? Subject.Input.made(price: number, size: number.magnitude) : event
                }
                try feedUnusual(given, "\(number) in every third event", report)
            }
            var random = SeededNumbers(seed: seed)
            let mixed = events.map { _ -> Subject.Input in
                let price = numbers.randomElement(using: &random) ?? 1
                let size = (numbers.randomElement(using: &random) ?? 1).magnitude
                return Subject.Input.made(price: price, size: size)
            }
            try feedUnusual(mixed, "a mix of extreme numbers", report)
        }
    }

    private func offer(
        _ bad: Subject.Input, insteadOf good: Subject.Input, _ subject: Subject, _ what: String, _ report: Report
    ) {
        var offered = subject
        let answer = step(bad, &offered)
        if answer.isAccepted {
            var other = subject
            let expected = step(good, &other).row
            if answer.row != expected || bytes(offered) != bytes(other) {
                report("\(what) is accepted and makes a difference; it must be refused")
            }
            return
        }
        if answer.row.firstRow(where: { !$1.isNaN }) != nil {
            report("\(what) is refused and gives \(answer.row[0]); outputs must be NaN")
        }
        if bytes(offered) != bytes(subject) { report("\(what) is refused and changes the state") }
    }

    private func feedUnusual(_ given: [Subject.Input], _ what: String, _ report: Report) throws(PluginError) {
        var run = try make()
        let rows = feed(given, to: &run)
        if let row = rows.firstRow(where: { $1.isInfinite }) {
            report("\(what): event \(row + 1) gives \(rows[row]); an output is a number or NaN")
        }
        var single = try make()
        compare(rows, feedSingly(given, to: &single), "\(what): one run against single updates", report)
        let saved = bytes(run)
        var reader = StateReader(saved)
        var restored = try make()
        try restored.restore(from: &reader)
        if bytes(restored) != saved { report("\(what): the state does not survive save and restore") }
    }
}
