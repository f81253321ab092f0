import PluginKit

// The indicator's suite on an indicator of any tier.
extension Workbench {
    fileprivate enum Claim: String, CaseIterable {
        case warmUp, freshEquality, chunking, ownRows, causality, spoiledFuture, snapshot, damagedSnapshot, peek, copies
        case refusal, constantInput, extremeInput
    }

    var indicatorChecks: [ConformanceCheck] {
        let claims = Claim.allCases.map { claim in
            ConformanceCheck(claim.rawValue, .data) { notes in try subject().run(claim, self, notes) }
        }
        return claims + [
            ConformanceCheck("indicatorPerformance", .performance) { notes in try subject().measure(self, notes) }
        ]
    }

    /// An indicator with enough events of the kind it reads.
    private func subject() throws -> any IndicatorSubject {
        let made = try makeIndicator(configuration())
        return try descriptor.reads.tested.subject(made, self)
    }

    fileprivate func events<Event: TestedEvent>(_ type: Event.Type, for subject: any Indicator) throws -> [Event] {
        let events = sample.events[Event.kind].flatMap(Event.events) ?? []
        let needed = max(60, 3 * subject.warmUpLength)
        guard events.count >= needed else {
            throw NotChecked.skipped(
                "the sample has \(events.count) \(Event.kind.rawValue) events; this indicator needs \(needed)")
        }
        return events
    }

    fileprivate func check<Subject: Indicator>(
        _ claim: Claim, _ suite: IndicatorConformance<Subject>, _ notes: ConformanceNotes
    ) throws where Subject.Input: TestedEvent {
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

    fileprivate func suite<Subject: Indicator>(
        _ subject: Subject, _ events: [Subject.Input]
    ) -> IndicatorConformance<Subject> {
        // Enough to see a warm-up several times over; the checks take time by the square of it.
        let count = max(170, 3 * subject.warmUpLength + 20)
        return IndicatorConformance(
            descriptor, outputs: plugin.outputs(configuration()), events: Array(events.prefix(count))
        ) { () throws(PluginError) in
            guard let made = try makeIndicator(configuration()) as? Subject else {
                throw PluginError(.unsupported, "\(descriptor.id): one instance is of another type than the next.")
            }
            return made
        }
    }
}

/// An indicator with the events it is fed.
private protocol IndicatorSubject {
    func run(_ claim: Workbench.Claim, _ bench: Workbench, _ notes: ConformanceNotes) throws
    func measure(_ bench: Workbench, _ notes: ConformanceNotes) throws
}

private struct FedIndicator<Subject: Indicator>: IndicatorSubject where Subject.Input: TestedEvent {
    let subject: Subject
    let events: [Subject.Input]

    func run(_ claim: Workbench.Claim, _ bench: Workbench, _ notes: ConformanceNotes) throws {
        try bench.check(claim, bench.suite(subject, events), notes)
    }

    func measure(_ bench: Workbench, _ notes: ConformanceNotes) throws {
        let suite = bench.suite(subject, events)
        var run = subject
        let start = ContinuousClock.now
        for _ in 0..<20 { _ = suite.feed(events, to: &run) }
        let inRuns = ContinuousClock.now - start
        notes.measured("row_time_in_runs", (inRuns / .nanoseconds(1) / Double(20 * events.count)).rounded(), "ns")
    }
}

extension TestedEvent {
    /// The indicator with events of this kind; throws where it reads another one than its descriptor says.
    fileprivate static func subject(_ made: any Indicator, _ bench: Workbench) throws -> any IndicatorSubject {
        guard let subject = made as? any Indicator<Self> else {
            throw PluginError(
                .malformed,
                "\(bench.descriptor.id): its descriptor reads \(kind.rawValue), and what is made "
                    + "\(Swift.type(of: made).inputKind.rawValue).")
        }
        func fed<Subject: Indicator<Self>>(_ subject: Subject) throws -> any IndicatorSubject {
            FedIndicator(subject: subject, events: try bench.events(Self.self, for: subject))
        }
        return try fed(subject)
    }
}
