import PluginKit

// How a sink ends: flush, stop, an outside that is away; and how fast it writes.
extension Workbench {
    /// Flush is safe with nothing written and twice, and keeps all that was written.
    func checkFlush(_ notes: ConformanceNotes) async throws {
        try await use((any Sink).self) { sink, place in
            try await sink.flush()
            _ = try await sink.write(batch(of: firstKind, rows: 0..<10))
            try await sink.flush()
            try await sink.flush()
            guard sample.keptCloses != nil, firstKind == .bars else { return }
            let kept = try closes(place).count
            notes.expect(kept == 10, "after a flush \(kept) of 10 rows are kept")
        }
    }

    /// What was written is kept when the instance is stopped, and a new one adds to it.
    func checkStopKeeps(_ notes: ConformanceNotes) async throws {
        try needObservation()
        let place = try place()
        for round in 1...2 {
            try await use((any Sink).self, in: place) { sink, _ in
                _ = try await sink.write(batch(markedBars((round * 10 - 10)..<(round * 10)), sequence: UInt64(round)))
            }
            let kept = try closes(place).count
            notes.expect(
                kept == round * 10,
                "\(round) instances wrote 10 rows each and were stopped: \(kept) rows are kept, not \(round * 10)")
        }
    }

    /// A write after `stop` throws, or keeps what it takes; it never takes rows and loses them.
    func checkAfterStop(_ notes: ConformanceNotes) async throws {
        let place = try place()
        let sink = try makeSink(in: place)
        _ = try await sink.write(batch(of: firstKind, rows: 0..<3))
        await end(sink)
        let fault = await fault { _ = try await sink.write(batch(of: firstKind, rows: 3..<6)) }
        await end(sink)
        guard fault == nil, sample.keptCloses != nil, firstKind == .bars else { return }
        let kept = try closes(place).count
        notes.expect(kept == 6, "3 rows written after stop are taken and lost; a stopped sink throws or keeps them")
    }

    /// An outside that is away is an error with a code, at the latest when a batch is flushed.
    func checkUnavailable(_ notes: ConformanceNotes) async throws {
        guard let unavailable = sample.unavailable else {
            guard descriptor.schema.options.contains(where: \.isRequired) else {
                throw NotChecked.notApplicable("no option leads to an outside that could be away")
            }
            throw NotChecked.skipped("the sample has no 'unavailable'")
        }
        let fault = await fault {
            try await use((any Sink).self, unavailable.mapValues { Optional($0) }) { sink, _ in
                try await sink.probe()
                _ = try await sink.write(batch(of: firstKind, rows: 0..<3))
                try await sink.flush()
            }
        }
        guard let fault else { return notes.report("3 rows are taken while the outside is away") }
        notes.expect(
            Self.outageCodes.contains(fault.code),
            "an outside that is away throws .\(fault.code); expected one of \(Self.outageCodes)")
    }

    /// Rows a second, batches of 256.
    func measureWrite(_ notes: ConformanceNotes) async throws {
        try await use((any Sink).self) { sink, _ in
            let batches = (0..<20).map {
                batch(of: firstKind, rows: ($0 * 256)..<($0 * 256 + 256), sequence: UInt64($0 + 1))
            }
            let start = ContinuousClock.now
            for batch in batches { _ = try await sink.write(batch) }
            try await sink.flush()
            let seconds = (ContinuousClock.now - start) / Duration.seconds(1)
            notes.measured("rows_per_second", (20 * 256 / max(seconds, 1e-9)).rounded(), "rows/s")
        }
    }

    /// The codes that say the outside is at fault.
    static var outageCodes: [PluginError.Code] {
        [.environment, .transient, .notFound, .auth, .permission, .rateLimited, .banned, .corrupted, .configuration]
    }

    /// Bars where the sink takes them, else what it takes.
    var firstKind: RecordKind { RecordKind.allCases.first { descriptor.accepts.contains($0) } ?? .bars }

    /// Closes of the bars that were kept.
    func closes(_ place: Place) throws -> [Double] { try sample.keptCloses?(place.outside) ?? [] }

    /// Throws where nobody can see what the sink keeps.
    func needObservation() throws {
        guard descriptor.accepts.contains(.bars) else { throw NotChecked.notApplicable("it does not accept bars") }
        guard sample.keptCloses != nil else {
            throw NotChecked.skipped("the sample has no 'kept' (in Swift keptCloses): nobody sees what the sink keeps")
        }
    }

    private func makeSink(in place: Place) throws(PluginError) -> any Sink {
        guard let sink = try make(configuration(), in: place) as? any Sink else {
            throw PluginError(.unsupported, "\(descriptor.id): the instance made is no sink.")
        }
        return sink
    }
}
