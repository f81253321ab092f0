import PluginKit

// Whether a sink keeps what it says it keeps, once, in order, and says what it does not keep.
extension Workbench {
    var sinkChecks: [ConformanceCheck] {
        [
            ConformanceCheck("recordKinds", .data) { try await checkKinds($0) },
            ConformanceCheck("receipts", .data) { try await checkReceipts($0) },
            ConformanceCheck("order", .data) { try await checkOrder($0) },
            ConformanceCheck("idempotency", .data) { try await checkIdempotency($0) },
            ConformanceCheck("emptyBatch", .data) { try await checkEmpty($0) },
            ConformanceCheck("largeBatch", .data) { try await checkLarge($0) },
            ConformanceCheck("flush", .data) { try await checkFlush($0) },
            ConformanceCheck("stopKeeps", .data) { try await checkStopKeeps($0) },
            ConformanceCheck("afterStop", .data) { try await checkAfterStop($0) },
            ConformanceCheck("unavailable", .data) { try await checkUnavailable($0) },
            ConformanceCheck("writePerformance", .performance) { try await measureWrite($0) },
        ]
    }

    /// Every kind it accepts is written; any other kind is refused by `.unsupported` or taken.
    private func checkKinds(_ notes: ConformanceNotes) async throws {
        for kind in RecordKind.allCases {
            try await use((any Sink).self) { sink, _ in
                let fault = await fault { _ = try await sink.write(batch(of: kind, rows: 0..<3)) }
                guard let fault else { return }
                if descriptor.accepts.contains(kind) {
                    notes.report("a batch of \(kind.rawValue), which it accepts, throws: \(fault)")
                } else {
                    notes.expect(fault.code == .unsupported, "\(kind.rawValue) it does not take throw .\(fault.code)")
                }
            }
        }
    }

    /// Rejected and offered rows are rows of the batch, each once; what is not named is kept, NaN or not.
    private func checkReceipts(_ notes: ConformanceNotes) async throws {
        let isObserved = sample.keptCloses != nil && descriptor.accepts.contains(.bars)
        guard descriptor.accepts.contains(.bars) else { throw NotChecked.notApplicable("it does not accept bars") }
        for (name, bars) in [("usual numbers", markedBars(0..<20)), ("unusual numbers", unusualBars())] {
            try await use((any Sink).self) { sink, place in
                guard let receipt = try await write(batch(bars), to: sink, name, notes) else { return }
                try await sink.flush()
                guard isObserved else { return }
                let kept = try closes(place).count
                let expected = bars.count - receipt.rejected.count - receipt.retry.count
                notes.expect(
                    kept == expected,
                    "\(name): of \(bars.count) rows \(receipt.rejected.count) are rejected and \(receipt.retry.count) "
                        + "to be offered again, and \(kept) were kept; expected \(expected)")
            }
        }
    }

    /// Batches are kept in the order written, and rows in the order of their batch.
    private func checkOrder(_ notes: ConformanceNotes) async throws {
        try needObservation()
        try await use((any Sink).self) { sink, place in
            let bars = markedBars(0..<50)
            for number in 0..<5 {
                let part = Array(bars[(number * 10)..<(number * 10 + 10)])
                _ = try await sink.write(batch(part, sequence: UInt64(number + 1)))
            }
            try await sink.flush()
            let kept = try closes(place)
            // Which rows are kept is the business of 'receipts'.
            let ordered = kept.sorted()
            guard let index = zip(kept, ordered).enumerated().first(where: { $1.0 != $1.1 })?.offset else { return }
            notes.report("row \(index + 1) kept is the bar of \(kept[index]); in order it is \(ordered[index])")
        }
    }

    /// A batch written twice is kept once or twice, as the author says.
    private func checkIdempotency(_ notes: ConformanceNotes) async throws {
        try needObservation()
        guard let isIdempotent = sample.isIdempotent else {
            throw NotChecked.skipped(
                "the sample has no 'idempotent' (in Swift isIdempotent): whether a batch written twice is kept once")
        }
        try await use((any Sink).self) { sink, place in
            let again = batch(markedBars(0..<10))
            _ = try await sink.write(again)
            try await sink.flush()
            let once = try closes(place).count
            _ = try await sink.write(again)
            try await sink.flush()
            let twice = try closes(place).count
            let expected = isIdempotent ? once : 2 * once
            notes.expect(
                twice == expected,
                "10 rows written twice are kept \(twice) times; it says it is "
                    + "\(isIdempotent ? "" : "not ")idempotent, so \(expected)")
        }
    }

    /// A batch without rows changes nothing.
    private func checkEmpty(_ notes: ConformanceNotes) async throws {
        for kind in RecordKind.allCases where descriptor.accepts.contains(kind) {
            try await use((any Sink).self) { sink, place in
                let receipt = try await sink.write(batch(of: kind, rows: 0..<0))
                notes.expect(
                    receipt.rejected.isEmpty && receipt.retry.isEmpty, "an empty batch has rows in its receipt")
                try await sink.flush()
                guard sample.keptCloses != nil else { return }
                let kept = try closes(place).count
                notes.expect(kept == 0, "an empty batch of \(kind.rawValue) leaves \(kept) rows")
            }
        }
    }

    /// Ten thousand rows at once are kept, or named in the receipt.
    private func checkLarge(_ notes: ConformanceNotes) async throws {
        guard descriptor.accepts.contains(.bars) else { throw NotChecked.notApplicable("it does not accept bars") }
        try await use((any Sink).self) { sink, place in
            let large = batch(markedBars(0..<10_000))
            var rest = large
            var rejected = 0
            for _ in 0..<10_000 where rest.count > 0 {
                let receipt = try await sink.write(rest)
                rejected += receipt.rejected.count
                rest = rest.selecting(receipt.retry.filter { $0 >= 0 && $0 < rest.count })
            }
            try await sink.flush()
            notes.expect(rest.count == 0, "\(rest.count) rows are to be offered again after 10,000 tries")
            guard sample.keptCloses != nil else { return }
            let kept = try closes(place).count
            notes.expect(
                kept + rejected + rest.count == large.count,
                "of \(large.count) rows \(kept) were kept and \(rejected) rejected; the others are lost")
        }
    }

    /// Writes and returns the receipt, where it is one of the batch.
    private func write(
        _ batch: RecordBatch, to sink: any Sink, _ name: String, _ notes: ConformanceNotes
    ) async throws -> WriteReceipt? {
        let receipt = try await sink.write(batch)
        let rows = receipt.rejected.map(\.row) + receipt.retry
        if let odd = rows.first(where: { $0 < 0 || $0 >= batch.count }) {
            notes.report("\(name): the receipt names row \(odd) of a batch of \(batch.count)")
            return nil
        }
        if Set(rows).count != rows.count {
            notes.report("\(name): the receipt names a row twice: \(rows)")
            return nil
        }
        for rejection in receipt.rejected where rejection.reason.isEmpty || rejection.reason.contains(" ") {
            notes.report("\(name): the reason is '\(rejection.reason)'; it must be snake_case")
        }
        return receipt
    }

    private func unusualBars() -> [Bar] {
        let numbers = [Double.nan, .infinity, -.infinity, 1e300, -0.0, Double.leastNonzeroMagnitude]
        var bars = markedBars(0..<12)
        for (row, number) in numbers.enumerated() {
            bars[row].close = number
            bars[row + 6].volume = number
        }
        return bars
    }
}
