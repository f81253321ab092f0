import PluginKit

// The indicator's suite on an indicator of any tier.
extension Workbench {
    private enum Claim: String, CaseIterable {
        case warmUp, freshEquality, chunking, ownRows, causality, spoiledFuture, snapshot, damagedSnapshot, peek, copies
        case refusal, constantInput, extremeInput
    }

    var indicatorChecks: [ConformanceCheck] {
        let claims = Claim.allCases.map { claim in
            ConformanceCheck(claim.rawValue, .data) { notes in try check(claim, try subject(), notes) }
        }
        return claims + [
            ConformanceCheck("indicatorPerformance", .performance) { notes in try measure(try subject(), notes) }
        ]
    }

    private func subject() throws -> any Indicator<Bar> {
        let made = try makeIndicator(configuration())
        guard let subject = made as? any Indicator<Bar> else {
            throw NotChecked.skipped("it reads \(Swift.type(of: made).inputKind.rawValue); the sample has bars only")
        }
        let needed = max(60, 3 * subject.warmUpLength)
        guard sample.bars.count >= needed else {
            throw NotChecked.skipped("the sample has \(sample.bars.count) bars; this indicator needs \(needed)")
        }
        return subject
    }

    private func check<Subject: Indicator<Bar>>(_ claim: Claim, _ subject: Subject, _ notes: ConformanceNotes) throws {
        let suite = suite(subject)
        let findings =
            switch claim {
            case .warmUp: suite.warmUp()
            case .freshEquality: suite.freshEquality()
            case .chunking: suite.chunking()
            case .ownRows: suite.ownRows()
            case .causality: suite.causality()
            case .spoiledFuture: suite.spoiledFuture()
            case .snapshot: suite.snapshot()
            case .damagedSnapshot: suite.damagedSnapshot()
            case .peek: suite.peek()
            case .copies: suite.copies()
            case .refusal: suite.refusal()
            case .constantInput: suite.constantInput()
            case .extremeInput: suite.extremeInput()
            }
        // What it raised explains what the check found, which is often its consequence only.
        let faults = sample.faults?() ?? []
        guard !findings.isEmpty else { return }
        for fault in faults.prefix(1) { notes.report("it reports a fault: \(fault)") }
        for finding in findings { notes.report(finding.message) }
    }

    private func suite<Subject: Indicator<Bar>>(_ subject: Subject) -> IndicatorConformance<Subject> {
        // Enough to see a warm-up several times over; the checks take time by the square of it.
        let count = max(170, 3 * subject.warmUpLength + 20)
        return IndicatorConformance(descriptor, events: Array(sample.bars.prefix(count))) { () throws(PluginError) in
            guard let made = try makeIndicator(configuration()) as? Subject else {
                throw PluginError(.unsupported, "\(descriptor.id): one instance is of another type than the next.")
            }
            return made
        }
    }

    private func measure<Subject: Indicator<Bar>>(_ subject: Subject, _ notes: ConformanceNotes) throws {
        let suite = suite(subject)
        var run = subject
        let start = ContinuousClock.now
        for _ in 0..<20 { _ = suite.feed(sample.bars, to: &run) }
        let inRuns = ContinuousClock.now - start
        let rows = Double(20 * sample.bars.count)
        notes.measured("row_time_in_runs", (inRuns / .nanoseconds(1) / rows).rounded(), "ns")
    }
}
