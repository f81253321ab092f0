import PluginKit

// What a provider answers when it is asked.
extension Workbench {
    var providerChecks: [ConformanceCheck] {
        [
            ConformanceCheck("capabilities", .data) { try await checkCapabilities($0) },
            ConformanceCheck("order", .data) { try await checkOrder($0) },
            ConformanceCheck("duplicates", .data) { try await checkDuplicates($0) },
            ConformanceCheck("numbers", .data) { try await checkNumbers($0) },
            ConformanceCheck("expectedEvents", .data) { try await checkExpected($0) },
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

    /// Events come in ascending event time per instrument, and only of those asked for.
    private func checkOrder(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            let (events, word) = (try await asked(type), Event.kind.rawValue)
            for reference in references {
                let times = events.filter { $0.instrument == reference.id }.map(\.time)
                notes.expect(!times.isEmpty, "\(reference.instrument): no \(word), and the sample says there are some")
                guard let index = zip(times, times.dropFirst()).enumerated().first(where: { $1.1 < $1.0 })?.offset
                else { continue }
                notes.report("\(reference.instrument): \(word) \(index + 2) is older than \(word) \(index + 1)")
            }
            let known = Set(references.map(\.id))
            if let event = events.first(where: { !known.contains($0.instrument) }) {
                notes.report("a \(word) is of instrument \(event.instrument.rawValue), which was not asked for")
            }
        }
        for kind in try fetched() { try await check(kind) }
    }

    /// No instrument has two bars or factors of one event time, two figures of one name, period and time, or two last quotes.
    private func checkDuplicates(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            var seen: Set<[Int64]> = []
            for event in try await asked(type) {
                guard let identity = Event.isSnapshot ? [] : event.identity else { return }
                guard !seen.insert([Int64(event.instrument.rawValue)] + identity).inserted else { continue }
                let what = "two \(Event.kind.rawValue) events"
                return notes.report("instrument \(event.instrument.rawValue) has \(what), the second of \(event.time)")
            }
        }
        for kind in try fetched() { try await check(kind) }
    }

    /// Prices and sizes are numbers; what is not must have become a defect.
    private func checkNumbers(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            for (index, event) in try await asked(type).enumerated() where !event.isWhole {
                return notes.report(
                    "\(Event.kind.rawValue) \(index + 1) has \(event.shown); a number that is missing is a defect, not NaN"
                )
            }
        }
        for kind in try fetched() { try await check(kind) }
    }

    /// Events known from an independent source are there bit for bit, at the right instant; a number where it is known.
    private func checkExpected(_ notes: ConformanceNotes) async throws {
        guard !sample.expected.isEmpty else { throw NotChecked.skipped("the sample has no 'expected' events") }
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            guard let wanted = sample.expected[Event.kind].flatMap(Event.events) else { return }
            let events = try await asked(type)
            for event in wanted {
                let name = "\(Event.kind.rawValue) of second \(event.time / 1_000_000_000)"
                let near = events.filter { $0.instrument == event.instrument && $0.time == event.time }
                guard let first = near.first else {
                    notes.report("the expected \(name) is not there; check the time zone")
                    continue
                }
                if near.contains(where: { Self.differences($0, expected: event).isEmpty }) { continue }
                notes.report("the \(name): \(Self.differences(first, expected: event).joined(separator: ", "))")
            }
        }
        for kind in try fetched() { try await check(kind) }
    }

    private static func differences<Event: TestedEvent>(_ given: Event, expected: Event) -> [String] {
        var other = given
        var differences: [String] = []
        for field in Event.fields {
            let (value, wanted) = (given[keyPath: field.path], expected[keyPath: field.path])
            other[keyPath: field.path] = wanted
            guard !wanted.isNaN, value.bitPattern != wanted.bitPattern else { continue }
            differences.append("'\(field.name)' is \(value), expected \(wanted)")
        }
        // What is no number: a side, a name, a level below the best.
        return differences.isEmpty && other.words != expected.words
            ? ["something else than its numbers differs"] : differences
    }

    /// A range gives the events in it, both ends included, and no others.
    private func checkRange(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            let all = try await asked(type)
            let times = all.map(\.time).sorted()
            let range = times[times.count / 3]...times[times.count / 2]
            try await use((any Provider).self) { provider, _ in
                let request = FetchRequest(Event.kind, of: references, timeframe: sample.timeframe, range: range)
                let given = try await provider.fetch(request).events(type).map(EventBits.init).sorted()
                let expected = all.filter { range.contains($0.time) }.map(EventBits.init).sorted()
                notes.expect(
                    given == expected,
                    "asked for \(range) it gives \(given.count) \(Event.kind.rawValue) events; \(expected.count) are in that "
                        + "range, ends included")
            }
        }
        var count = 0
        for kind in try fetched() where !kind.isSnapshot {
            guard try await self.count(kind) >= 10 else { continue }
            count += 1
            try await check(kind)
        }
        guard count > 0 else { throw NotChecked.skipped("the sample's source has fewer than 10 events in a range") }
    }

    private func count<Event: TestedEvent>(_ type: Event.Type) async throws -> Int { try await asked(type).count }

    /// An instrument the source does not have is `.notFound` or `.noData`, or an answer without it.
    private func checkUnknown(_ notes: ConformanceNotes) async throws {
        let kind = try fetched()[0].kind
        guard let unknown = sample.unknownInstrument else {
            throw NotChecked.skipped("the sample has no 'unknown_instrument' (in Swift unknownInstrument)")
        }
        try await use((any Provider).self) { provider, _ in
            let id = SampleInstruments(sample).id(of: unknown) ?? InstrumentID(rawValue: 0)
            let asked = FetchRequest(
                kind, of: [InstrumentReference(id: id, instrument: unknown)], timeframe: sample.timeframe)
            var count = 0
            let fault = await fault { count = try await provider.fetch(asked).batch.count }
            notes.expect(count == 0, "\(unknown) is unknown to the source and has \(count) events")
            if let fault, fault.code != .notFound, fault.code != .noData {
                notes.report("\(unknown), unknown to the source, throws .\(fault.code); expected .notFound or .noData")
            }
        }
    }

    /// Bytes that cannot be read are defects or `.malformed`, and what was read before them is still right.
    private func checkBadBytes(_ notes: ConformanceNotes) async throws {
        let type = try fetched()[0]
        guard !sample.damaged.isEmpty else { throw NotChecked.skipped("the sample has no 'damaged' source") }
        for source in sample.damaged {
            try await use((any Provider).self, source.values.mapValues { Optional($0) }) { provider, _ in
                var reply = Reply(.empty(type.kind))
                let fault = await fault { reply = try await provider.fetch(request(type.kind)) }
                if let fault {
                    notes.expect(
                        [.malformed, .quality, .corrupted, .noData, .notFound, .environment].contains(fault.code),
                        "\(source.name): it throws .\(fault.code); expected .malformed")
                } else {
                    notes.expect(!reply.defects.isEmpty, "\(source.name): it is taken without a defect")
                }
                for defect in reply.defects where defect.reason.isEmpty || defect.place.isEmpty {
                    notes.report("\(source.name): a defect has no reason or no place: \(defect)")
                }
                if let event = type.broken(reply.batch) { notes.report("\(source.name): it gives \(event)") }
            }
        }
    }

    /// A source that is away is an error with a code that says so.
    private func checkUnavailableProvider(_ notes: ConformanceNotes) async throws {
        guard let unavailable = sample.unavailable else { throw NotChecked.skipped("the sample has no 'unavailable'") }
        let kind = try fetched()[0].kind
        let fault = await fault {
            try await use((any Provider).self, unavailable.mapValues { Optional($0) }) { provider, _ in
                _ = try await provider.fetch(request(kind))
            }
        }
        guard let fault else { return notes.report("it answers while the source is away") }
        notes.expect(
            Self.outageCodes.contains(fault.code),
            "a source that is away throws .\(fault.code); expected one of \(Self.outageCodes)")
    }

    private func measureRead(_ notes: ConformanceNotes) async throws {
        let kind = try fetched()[0].kind
        try await use((any Provider).self) { provider, _ in
            let start = ContinuousClock.now
            let count = try await provider.fetch(request(kind)).batch.count
            let seconds = (ContinuousClock.now - start) / Duration.seconds(1)
            notes.measured(
                "\(kind.rawValue)s_per_second", (Double(count) / max(seconds, 1e-9)).rounded(), "\(kind.rawValue)s/s")
        }
    }

    /// The request for all of a kind the sample's source has.
    func request(_ kind: EventKind) -> FetchRequest {
        FetchRequest(kind, of: references, timeframe: sample.timeframe)
    }

    /// Of the kinds declared those the sample has: bars and what is expected; all where that is none.
    func checked(_ declared: Set<EventKind>) -> [any TestedEvent.Type] {
        let named = declared.intersection([.bar] + sample.expected.keys)
        return (named.isEmpty ? declared : named).sorted().map(\.tested)
    }

    /// The kinds to ask for; throws where there is none.
    func fetched() throws -> [any TestedEvent.Type] {
        let kinds = checked(descriptor.provider?.fetches ?? [])
        guard !kinds.isEmpty else { throw NotChecked.notApplicable("it does not answer requests") }
        guard !sample.instruments.isEmpty else { throw NotChecked.skipped("the sample has no 'instruments'") }
        return kinds
    }

    /// Everything of a kind the source has.
    func asked<Event: TestedEvent>(_ type: Event.Type) async throws -> [Event] {
        var events: [Event] = []
        try await use((any Provider).self) { provider, _ in
            events = try await provider.fetch(request(Event.kind)).events(type)
        }
        return events
    }
}

extension TestedEvent {
    /// The first event without a number it needs, in words.
    fileprivate static func broken(_ batch: EventBatch) -> String? {
        events(of: batch)?.first { !$0.isWhole }.map { "the \(kind.rawValue) with \($0.shown)" }
    }
}
