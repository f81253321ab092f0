import PluginKit

// What a provider pushes, where a stream stands, and how it ends.
extension Workbench {
    var streamChecks: [ConformanceCheck] {
        [
            ConformanceCheck("streamOrder", .data) { try await checkStreamOrder($0) },
            ConformanceCheck("backPressure", .data) { try await checkBackPressure($0) },
            ConformanceCheck("pullEqualsPush", .data) { try await checkPull($0) },
            ConformanceCheck("resume", .data) { try await checkResume($0) },
            ConformanceCheck("badPosition", .data) { try await checkBadPosition($0) },
            ConformanceCheck("taskCancellation", .data) { try await checkTaskCancellation($0) },
            ConformanceCheck("receiverCancellation", .data) { try await checkReceiverCancellation($0) },
        ]
    }

    /// A replay pushes events in ascending event time per instrument.
    private func checkStreamOrder(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            let events = try await replay(Event.kind).events(type)
            for reference in references {
                let times = events.filter { $0.instrument == reference.id }.map(\.time)
                guard let index = zip(times, times.dropFirst()).enumerated().first(where: { $1.1 < $1.0 })?.offset
                else { continue }
                notes.report(
                    "\(reference.instrument): \(Event.kind.rawValue) \(index + 2) pushed is older than the one before it"
                )
            }
        }
        for kind in try replayed() { try await check(kind) }
    }

    /// A delivery is pushed when the one before it was taken, not before.
    private func checkBackPressure(_ notes: ConformanceNotes) async throws {
        for kind in try replayed() {
            let overlaps = try await replay(kind.kind).overlaps
            notes.expect(overlaps == 0, "\(overlaps) deliveries were pushed while the one before was not taken yet")
        }
    }

    /// Push and pull give the same events, bit by bit; of quotes and order books the last of each instrument.
    private func checkPull(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type) async throws {
            let pulled = try await asked(type).map(EventBits.init).sorted()
            var events = try await replay(Event.kind).events(type)
            if Event.isSnapshot {
                events = Array(Dictionary(events.map { ($0.instrument, $0) }, uniquingKeysWith: { $1 }).values)
            }
            let (pushed, word) = (events.map(EventBits.init).sorted(), Event.kind.rawValue)
            notes.expect(
                pulled.count == pushed.count, "\(pulled.count) \(word) events are answered and \(pushed.count) pushed")
            guard let index = zip(pulled, pushed).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return }
            notes.report("\(word) \(index + 1) by instrument and time differs between answer and stream")
        }
        let answered = Set(try fetched().map { $0.kind })
        for kind in try replayed() where answered.contains(kind.kind) { try await check(kind) }
    }

    /// A stream that goes on after a position gives exactly the rest.
    private func checkResume(_ notes: ConformanceNotes) async throws {
        func check<Event: TestedEvent>(_ type: Event.Type, _ deliveries: [Delivery]) async throws {
            let parts = deliveries.map { (Event.events(of: $0.batch) ?? []).map(EventBits.init) }
            // What is pushed at all is the business of 'pullEqualsPush'.
            for index in Set([0, parts.count / 3, parts.count / 2, parts.count - 1]).sorted() {
                let recorder = try await replay(Event.kind, after: deliveries[index].position)
                let rest = recorder.events(type).map(EventBits.init)
                let expected = parts[(index + 1)...].flatMap(\.self)
                guard rest != expected else { continue }
                notes.report(
                    "resumed after delivery \(index + 1) of \(parts.count) it pushes \(rest.count) "
                        + "\(Event.kind.rawValue) events; \(expected.count) were left"
                        + (rest.count == expected.count ? ", others than these" : ""))
            }
        }
        for kind in try replayed() {
            let deliveries = try await replay(kind.kind).deliveries
            guard deliveries.count >= 2 else {
                throw NotChecked.skipped("the stream is one delivery; give options that make batches smaller")
            }
            try await check(kind, deliveries)
        }
    }

    /// A position of somebody else is `.badRequest`, not a guess.
    private func checkBadPosition(_ notes: ConformanceNotes) async throws {
        let kind = try replayed()[0].kind
        let position = StreamPosition("conformance: no position of this plugin")
        let fault = await fault { _ = try await replay(kind, after: position) }
        notes.expect(
            fault?.code == .badRequest || fault?.code == .corrupted,
            "a position it did not write " + (fault.map { "throws .\($0.code)" } ?? "is taken")
                + "; it must throw .badRequest")
    }

    /// A cancelled task ends the stream with `.cancelled` after at most one more delivery.
    private func checkTaskCancellation(_ notes: ConformanceNotes) async throws {
        try await needTwoDeliveries()
        let button = StopButton()
        try await checkEnding(StreamRecorder(.cancel(after: 1, button)), button, "its task was cancelled", notes)
    }

    /// A receiver that throws `.cancelled` ends the stream with `.cancelled` and gets nothing more.
    private func checkReceiverCancellation(_ notes: ConformanceNotes) async throws {
        try await needTwoDeliveries()
        try await checkEnding(StreamRecorder(.refuse(after: 1)), StopButton(), "the receiver threw .cancelled", notes)
    }

    private func checkEnding(
        _ recorder: StreamRecorder, _ button: StopButton, _ what: String, _ notes: ConformanceNotes
    ) async throws {
        guard let provider = try make(configuration(), in: try place()) as? any Provider else { return }
        let subscription = subscription(try replayed()[0].kind, after: nil)
        let ending = await within(sample.patience, button: button) {
            await fault { try await provider.stream(subscription, into: recorder) }
        }
        guard let ending else {
            return notes.report("\(what), and the stream did not end in \(sample.patience)")
        }
        await end(provider)
        notes.expect(
            ending?.code == .cancelled,
            "\(what), and the stream " + (ending.map { "throws .\($0.code)" } ?? "returns")
                + "; it must throw .cancelled")
        let count = recorder.deliveries.count
        let allowed = button.isPressed ? 2 : 1
        notes.expect(count <= allowed, "\(what) during delivery 1, and \(count - 1) more were pushed")
    }

    /// The kinds that are replayed; throws where there is none.
    private func replayed() throws -> [any TestedEvent.Type] {
        guard let capabilities = descriptor.provider, !capabilities.streams.isEmpty else {
            throw NotChecked.notApplicable("it does not stream")
        }
        guard capabilities.isReplay else {
            throw NotChecked.notApplicable("its stream is live: what it pushes depends on when it is run")
        }
        guard !sample.instruments.isEmpty else { throw NotChecked.skipped("the sample has no 'instruments'") }
        return checked(capabilities.streams)
    }

    private func needTwoDeliveries() async throws {
        guard try await replay(try replayed()[0].kind).deliveries.count >= 3 else {
            throw NotChecked.skipped("the stream has fewer than 3 deliveries; give options that make batches smaller")
        }
    }

    private func subscription(_ kind: EventKind, after position: StreamPosition?) -> Subscription {
        Subscription(instruments: references, kind: kind, timeframe: sample.timeframe, resumeAfter: position)
    }

    /// Streams to the end.
    private func replay(_ kind: EventKind, after position: StreamPosition? = nil) async throws -> StreamRecorder {
        let recorder = StreamRecorder()
        try await use((any Provider).self) { provider, _ in
            try await provider.stream(subscription(kind, after: position), into: recorder)
        }
        return recorder
    }
}
