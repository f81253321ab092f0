import PluginKit

// What a provider answers when it is asked.
extension Workbench {
    var providerChecks: [ConformanceCheck] {
        [
            ConformanceCheck("capabilities", .data) { try await checkCapabilities($0) },
            ConformanceCheck("order", .data) { try await checkOrder($0) },
            ConformanceCheck("duplicates", .data) { try await checkDuplicates($0) },
            ConformanceCheck("numbers", .data) { try await checkNumbers($0) },
            ConformanceCheck("expectedBars", .data) { try await checkExpected($0) },
            ConformanceCheck("range", .data) { try await checkRange($0) },
            ConformanceCheck("unknownInstrument", .data) { try await checkUnknown($0) },
            ConformanceCheck("badBytes", .data) { try await checkBadBytes($0) },
            ConformanceCheck("unavailable", .data) { try await checkUnavailableProvider($0) },
        ] + streamChecks + [ConformanceCheck("readPerformance", .performance) { try await measureRead($0) }]
    }

    /// What is declared is answered, what is not throws `.unsupported`.
    private func checkCapabilities(_ notes: ConformanceNotes) async throws {
        let references = references
        try await use((any Provider).self) { provider, _ in
            for kind in EventKind.allCases {
                var answered: EventKind?
                let fault = await fault { answered = try await provider.fetch(request(kind)).batch.kind }
                expect(kind, isDeclared: descriptor.provider?.fetches.contains(kind) == true, "ask", fault, notes)
                guard let answered, answered != kind else { continue }
                notes.report("ask \(kind.rawValue): it answers with \(answered.rawValue) events")
            }
            for kind in EventKind.allCases {
                let isDeclared = descriptor.provider?.streams.contains(kind) == true
                // Whether a declared stream works is the business of the stream checks.
                guard !isDeclared else { continue }
                let subscription = Subscription(instruments: references, kind: kind, timeframe: sample.timeframe)
                let fault = await fault {
                    try await provider.stream(subscription, into: StreamRecorder(.refuse(after: 1)))
                }
                expect(kind, isDeclared: false, "stream", fault, notes)
            }
        }
    }

    private func expect(
        _ kind: EventKind, isDeclared: Bool, _ verb: String, _ fault: PluginError?, _ notes: ConformanceNotes
    ) {
        let isUnsupported = fault?.code == .unsupported
        if isDeclared, isUnsupported {
            notes.report("\(verb) \(kind.rawValue): it is declared and throws .unsupported")
        }
        if !isDeclared, !isUnsupported {
            notes.report(
                "\(verb) \(kind.rawValue): it is not declared and "
                    + (fault.map { "throws .\($0.code)" } ?? "answers") + "; it must throw .unsupported")
        }
    }

    /// Bars come in ascending event time per instrument.
    private func checkOrder(_ notes: ConformanceNotes) async throws {
        let bars = try await askedBars()
        for reference in references {
            let times = bars.filter { $0.instrument == reference.id }.map(\.time)
            notes.expect(!times.isEmpty, "\(reference.instrument): no bar, and the sample says there are some")
            guard let index = zip(times, times.dropFirst()).enumerated().first(where: { $1.1 < $1.0 })?.offset else {
                continue
            }
            notes.report("\(reference.instrument): bar \(index + 2) is older than bar \(index + 1)")
        }
        let asked = Set(references.map(\.id))
        if let bar = bars.first(where: { !asked.contains($0.instrument) }) {
            notes.report("a bar is of instrument \(bar.instrument.rawValue), which was not asked for")
        }
    }

    /// No instrument has two bars of one event time.
    private func checkDuplicates(_ notes: ConformanceNotes) async throws {
        var seen: Set<[Int64]> = []
        for bar in try await askedBars() where !seen.insert([Int64(bar.instrument.rawValue), bar.time]).inserted {
            return notes.report("instrument \(bar.instrument.rawValue) has two bars of \(bar.time)")
        }
    }

    /// Prices and volumes are numbers; what is not must have become a defect.
    private func checkNumbers(_ notes: ConformanceNotes) async throws {
        for (index, bar) in try await askedBars().enumerated() {
            let numbers = [bar.open, bar.high, bar.low, bar.close, bar.volume]
            guard !numbers.allSatisfy(\.isFinite) else { continue }
            return notes.report("bar \(index + 1) has \(numbers); a number that is missing is a defect, not NaN")
        }
    }

    /// Bars known from an independent source are there bit for bit, at the right instant; an amount where it is known.
    private func checkExpected(_ notes: ConformanceNotes) async throws {
        guard !sample.expected.isEmpty else { throw NotChecked.skipped("the sample has no 'expected' bars") }
        let bars = try await askedBars()
        for bar in sample.expected {
            let seconds = bar.time / 1_000_000_000
            guard let given = bars.first(where: { $0.instrument == bar.instrument && $0.time == bar.time }) else {
                notes.report("the expected bar of second \(seconds) is not there; check the time zone")
                continue
            }
            let differences = Self.differences(given, expected: bar)
            guard !differences.isEmpty else { continue }
            notes.report("the bar of second \(seconds): \(differences.joined(separator: ", "))")
        }
    }

    private static func differences(_ given: Bar, expected: Bar) -> [String] {
        let fields: [(String, KeyPath<Bar, Double>)] = [
            ("open", \.open), ("high", \.high), ("low", \.low), ("close", \.close), ("volume", \.volume),
            ("amount", \.amount),
        ]
        return fields.compactMap { name, field in
            let (value, wanted) = (given[keyPath: field], expected[keyPath: field])
            guard !wanted.isNaN, value.bitPattern != wanted.bitPattern else { return nil }
            return "'\(name)' is \(value), expected \(wanted)"
        }
    }

    /// A range gives the bars in it, both ends included, and no others.
    private func checkRange(_ notes: ConformanceNotes) async throws {
        let all = try await askedBars()
        let times = all.map(\.time).sorted()
        guard times.count >= 10 else { throw NotChecked.skipped("the sample's source has fewer than 10 bars") }
        let range = times[times.count / 3]...times[times.count / 2]
        try await use((any Provider).self) { provider, _ in
            let request = FetchRequest(.bar, of: references, timeframe: sample.timeframe, range: range)
            let given = try await provider.fetch(request).events(Bar.self).map(BarBits.init).sorted()
            let expected = all.filter { range.contains($0.time) }.map(BarBits.init).sorted()
            notes.expect(
                given == expected,
                "asked for \(range) it gives \(given.count) bars; \(expected.count) are in that range, ends included")
        }
    }

    /// An instrument the source does not have is `.notFound` or `.noData`, or an answer without it.
    private func checkUnknown(_ notes: ConformanceNotes) async throws {
        try needBars()
        guard let unknown = sample.unknownInstrument else {
            throw NotChecked.skipped("the sample has no 'unknown_instrument' (in Swift unknownInstrument)")
        }
        try await use((any Provider).self) { provider, _ in
            let id = SampleInstruments(sample).id(of: unknown) ?? InstrumentID(rawValue: 0)
            let asked = FetchRequest(
                .bar, of: [InstrumentReference(id: id, instrument: unknown)], timeframe: sample.timeframe)
            var count = 0
            let fault = await fault { count = try await provider.fetch(asked).batch.count }
            notes.expect(count == 0, "\(unknown) is unknown to the source and has \(count) bars")
            if let fault, fault.code != .notFound, fault.code != .noData {
                notes.report("\(unknown), unknown to the source, throws .\(fault.code); expected .notFound or .noData")
            }
        }
    }

    /// Bytes that cannot be read are defects or `.malformed`, and what was read before them is still right.
    private func checkBadBytes(_ notes: ConformanceNotes) async throws {
        try needBars()
        guard !sample.damaged.isEmpty else { throw NotChecked.skipped("the sample has no 'damaged' source") }
        for source in sample.damaged {
            try await use((any Provider).self, source.values.mapValues { Optional($0) }) { provider, _ in
                var (bars, defects): ([Bar], [Defect]) = ([], [])
                let fault = await fault {
                    let reply = try await provider.fetch(barsRequest)
                    (bars, defects) = (try reply.events(Bar.self), reply.defects)
                }
                if let fault {
                    notes.expect(
                        [.malformed, .quality, .corrupted, .noData, .notFound, .environment].contains(fault.code),
                        "\(source.name): it throws .\(fault.code); expected .malformed")
                } else {
                    notes.expect(!defects.isEmpty, "\(source.name): it is taken without a defect")
                }
                for defect in defects where defect.reason.isEmpty || defect.place.isEmpty {
                    notes.report("\(source.name): a defect has no reason or no place: \(defect)")
                }
                if let bar = bars.first(where: { !$0.close.isFinite || !$0.open.isFinite }) {
                    notes.report("\(source.name): it gives the bar \(bar)")
                }
            }
        }
    }

    /// A source that is away is an error with a code that says so.
    private func checkUnavailableProvider(_ notes: ConformanceNotes) async throws {
        guard let unavailable = sample.unavailable else { throw NotChecked.skipped("the sample has no 'unavailable'") }
        try needBars()
        let fault = await fault {
            try await use((any Provider).self, unavailable.mapValues { Optional($0) }) { provider, _ in
                _ = try await provider.fetch(barsRequest)
            }
        }
        guard let fault else { return notes.report("it answers while the source is away") }
        notes.expect(
            Self.outageCodes.contains(fault.code),
            "a source that is away throws .\(fault.code); expected one of \(Self.outageCodes)")
    }

    private func measureRead(_ notes: ConformanceNotes) async throws {
        try needBars()
        try await use((any Provider).self) { provider, _ in
            let start = ContinuousClock.now
            let count = try await provider.fetch(barsRequest).batch.count
            let seconds = (ContinuousClock.now - start) / Duration.seconds(1)
            notes.measured("bars_per_second", (Double(count) / max(seconds, 1e-9)).rounded(), "bars/s")
        }
    }

    /// The request for all the sample's source has.
    var barsRequest: FetchRequest { request(.bar) }

    private func request(_ kind: EventKind) -> FetchRequest {
        FetchRequest(kind, of: references, timeframe: sample.timeframe)
    }

    /// Throws where there are no bars to ask for.
    func needBars() throws {
        guard descriptor.provider?.fetches.contains(.bar) == true else {
            throw NotChecked.notApplicable("it does not answer requests for bars")
        }
        guard !sample.instruments.isEmpty else { throw NotChecked.skipped("the sample has no 'instruments'") }
    }

    /// Everything the source has.
    func askedBars() async throws -> [Bar] {
        try needBars()
        var bars: [Bar] = []
        try await use((any Provider).self) { provider, _ in
            bars = try await provider.fetch(barsRequest).events(Bar.self)
        }
        return bars
    }
}
