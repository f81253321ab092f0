import Foundation
import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostApp

/// Losses of 26 A-shares, against a computation in Python that goes another way.
@Suite struct RiskLossTests {
    private struct Losses: Decodable {
        let positions, spans: Int
        let gross, valueAtRisk, expectedShortfall, ewmaValueAtRisk, ewmaExpectedShortfall: Double
    }

    private func python(_ window: Int, _ confidence: Double) throws -> Losses {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-B", "\(Repository.root)/Tests/Support/RiskLoss/risk_loss.py",
            "\(Repository.market)/qbot_a_share_daily", "\(window)", "\(confidence)",
        ]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Losses.self, from: answer)
    }

    @Test(.enabled(if: Repository.hasMarket, "no market data"), arguments: [(250, 0.99), (250, 0.95), (500, 0.99)])
    func lossesAreThoseOfPython(_ window: Int, _ confidence: Double) throws {
        let expected = try python(window, confidence)
        let directory = InstrumentTable()
        var closes: [[(time: Int64, close: Double)]] = []
        var held: [(position: Position, id: InstrumentID, rate: Double, groups: [Int])] = []
        let series = try RealSeries.qbot().sorted { $0.key < $1.key }
        for (number, one) in series.enumerated() {
            let instrument = Instrument(code: "\(number)", venue: "CN")
            let stored = one.value.map {
                StoredBar(event: $0, provenance: Provenance(source: "t"), version: 1, knownAt: 0, storedAt: 0)
            }
            closes.append(HistoryBucket.closes(stored, Timeframe(1, .day)))
            let quantity = Double(100 * (number + 1)) * (number.isMultiple(of: 2) ? 1 : -1)
            held.append(
                (
                    Position(instrument: instrument, quantity: quantity, currency: "CNY"), directory.intern(instrument),
                    1, []
                ))
        }
        var book = RiskBook(held)
        book.set(Scenarios(returns: Scenarios.returns(closes, window: window)))
        // Price by price, as a stream brings them.
        for (place, one) in series.enumerated() {
            for bar in one.value.suffix(300) {
                let isTaken = book.set(price: bar.close, at: bar.time, of: held[place].id)
                #expect(isTaken)
            }
        }
        #expect(series.count == 26 && expected.positions == 26 && book.scenarios.count == expected.spans)
        let history = try #require(book.scenarios.history(confidence))
        let weighted = try #require(book.scenarios.weighted(confidence))
        for (name, found, wanted) in [
            ("gross", book.gross, expected.gross), ("VaR", history.valueAtRisk, expected.valueAtRisk),
            ("ES", history.shortfall, expected.expectedShortfall),
            ("EWMA VaR", weighted.valueAtRisk, expected.ewmaValueAtRisk),
            ("EWMA ES", weighted.shortfall, expected.ewmaExpectedShortfall),
        ] {
            #expect(abs(found / wanted - 1) < 1e-9, "\(name) is \(found), Python says \(wanted)")
        }
    }
}
