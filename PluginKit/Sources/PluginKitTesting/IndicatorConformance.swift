public import PluginKit

/// Checks that an indicator keeps the contract of `Indicator`; imports no test library, so it runs under any.
///
/// ```swift
/// @Test func keepsTheContract() throws {
///     let suite = IndicatorConformance<MyIndicator>(configuration, events: bars)
///     #expect(suite.findings() == [])
/// }
/// ```
///
/// `events` should be real, at least three times as many as the indicator needs to warm up, and give it a value each.
/// What the suite cannot know is whether the numbers are right: compare them with an independent source as well.
public struct IndicatorConformance<Subject: Indicator> {
    let plugin: PluginDescriptor
    let outputs: [OutputColumn]
    let events: [Subject.Input]
    let seed: UInt64
    let build: () throws(PluginError) -> Subject

    /// Creates a suite; the seed fixes every random choice.
    public init(_ configuration: Configuration, events: [Subject.Input], seed: UInt64 = 1) {
        self.init(
            Subject.descriptor, outputs: Subject.outputs(configuration), events: events, seed: seed
        ) { () throws(PluginError) in
            try Subject(configuration)
        }
    }

    /// Creates a suite over an indicator of any tier: what it is, the columns it gives, and how a fresh one is made.
    public init(
        _ plugin: PluginDescriptor, outputs: [OutputColumn], events: [Subject.Input], seed: UInt64 = 1,
        make build: @escaping () throws(PluginError) -> Subject
    ) {
        self.plugin = plugin
        self.outputs = outputs
        self.events = events
        self.seed = seed
        self.build = build
    }

    var width: Int { outputs.count }

    /// Runs every check that makes sense for any kind of event; empty where the contract is kept.
    public func findingsForAnyEvent() -> [ConformanceFinding] {
        let checks = [descriptor, warmUp, freshEquality, chunking, ownRows, causality]
        return (checks + [snapshot, damagedSnapshot, peek, copies]).flatMap { $0() }
    }

    /// The descriptor is one of an indicator, and its defaults and the given options build it.
    public func descriptor() -> [ConformanceFinding] {
        let descriptor = plugin
        let names = outputs.map(\.name)
        return check("descriptor") { report in
            if descriptor.kind != .indicator { report("the kind is \(descriptor.kind.rawValue); it must be indicator") }
            if names.isEmpty { report("there are no outputs; an indicator has one or more") }
            if Set(names).count != names.count { report("output names repeat: \(names)") }
            for option in descriptor.schema.options where option.summary.isEmpty {
                report("option '\(option.name)' has no summary")
            }
            let subject = try make()
            if events.count < 3 * subject.warmUpLength {
                report(
                    "\(events.count) events are too few for a warm-up of \(subject.warmUpLength); give 3 times as many")
            }
        }
    }

    /// Every output is NaN until `warmUpLength` events were accepted, and has a value at that event and after.
    public func warmUp() -> [ConformanceFinding] {
        check("warmUp") { report in
            var subject = try make()
            let length = subject.warmUpLength
            let rows = feed(events, to: &subject)
            guard let row = rows.firstRow(where: { ($0 + 1 < length) != $1.isNaN }) else { return }
            report(
                "event \(row + 1) of \(rows.count) gives \(rows[row]); with a warm-up length of \(length) "
                    + "it must \(row + 1 < length ? "give NaN" : "have values")")
        }
    }

    /// Two fresh instances give the same bits, whatever another instance has seen in between.
    public func freshEquality() -> [ConformanceFinding] {
        check("freshEquality") { report in
            var first = try make()
            let expected = feed(events, to: &first)
            var second = try make()
            compare(feed(events, to: &second), expected, "a second instance", report)
        }
    }

    /// One event at a time, all at once and any chunks give the same bits and leave the same state.
    public func chunking() -> [ConformanceFinding] {
        check("chunking") { report in
            var single = try make()
            let expected = feedSingly(events, to: &single)
            let left = bytes(single)
            var random = SeededNumbers(seed: seed)
            for largest in [events.count, 1, 2, 7, 20, 64, 500] {
                var subject = try make()
                let rows = feed(events, to: &subject) {
                    largest == events.count ? largest : Int.random(in: 1...largest, using: &random)
                }
                compare(rows, expected, "runs of up to \(largest) events against single updates", report)
                if bytes(subject) != left { report("runs of up to \(largest) events leave another state") }
            }
        }
    }

    /// Nothing is written beside the columns of the row.
    public func ownRows() -> [ConformanceFinding] {
        check("ownRows") { report in
            var subject = try make()
            let beside = 3
            let stride = width + beside
            var matrix = [Double](repeating: 42, count: events.count * stride)
            matrix.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return }
                write(events[...], to: &subject, base, stride: stride)
            }
            for (index, number) in matrix.enumerated() where index % stride >= width && number != 42 {
                report("event \(index / stride + 1) wrote \(number) beside its row; it may write \(width) columns")
                return
            }
        }
    }

    /// What comes later changes no earlier output.
    public func causality() -> [ConformanceFinding] {
        check("causality") { report in
            var first = try make()
            let expected = feed(events, to: &first)
            var random = SeededNumbers(seed: seed)
            for _ in 0..<8 where !events.isEmpty {
                let cut = Int.random(in: 0..<events.count, using: &random)
                let other = Array(events[..<cut]) + events[cut...].shuffled(using: &random)
                var subject = try make()
                let rows = feed(other, to: &subject)
                compare(rows, expected, length: cut, "with other events after event \(cut)", report)
            }
        }
    }
}
