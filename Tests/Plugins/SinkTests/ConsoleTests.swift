import Foundation
import Glibc
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import ConsoleSink

@Suite struct ConsoleTests {
    let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func printed(
        _ values: [String: ConfigurationValue] = [:], now: @escaping @Sendable () -> ContinuousClock.Instant,
        _ body: (Console) async throws -> Void
    ) async throws -> [String] {
        let output = open(folder.file("out"), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(output) }
        let context = Recorder().context(in: folder)
        let sink = try Console(options(Console.self, values), context: context, output: output, now: now)
        try await body(sink)
        return try folder.lines("out")
    }

    private let start = ContinuousClock.now

    @Test func printsLinesForPeople() async throws {
        let lines = try await printed(now: { [start] in start }) { sink in
            _ = try await sink.write(batch(.predictions(makePredictions(0..<1, outputs: ["value", "variance"]))))
            _ = try await sink.write(batch(.alerts([alert])))
            _ = try await sink.write(batch(.bars(makeBars(0..<1, maotai))))
            _ = try await sink.write(batch(.features(makeFeatures(0..<1))))
            _ = try await sink.write(batch(.status([status])))
        }
        let expected = [
            "2013-03-01T21:00:00Z  AAPL.US     predictions 1d  next_day  +0.00123  price 430.47  variance 0.25  "
                + "[stale, after_rejected]",
            "2013-03-01T21:00:00Z  AAPL.US     alerts 1d  stale_prediction  warning  bar is 5 days old,\\nsee \"history\"",
            "2013-03-01T21:00:00Z  600519.SH   bars 1d  open 430  high 431.25  low 429  close 430.47  volume 19730000  "
                + "amount -",
            "2013-03-01T21:00:00Z  AAPL.US     features 1d  price 430.47  rsi14 -  macd.signal 0.5",
            "2013-03-01T21:00:00.0015Z  status  provider/yahoo  degraded",
        ]
        #expect(lines == expected)
    }

    @Test func colorsOnlyWhereAsked() async throws {
        for (color, expected) in [("always", true), ("never", false), ("auto", false)] {
            let lines = try await printed(["color": .text(color)], now: { [start] in start }) { sink in
                _ = try await sink.write(batch(.predictions(makePredictions(0..<1))))
            }
            #expect(lines.joined().contains("\u{1B}[32m") == expected)
        }
    }

    @Test(arguments: ["text", "json"]) func statesWhatItDoesNotPrint(format: String) async throws {
        let box = ClockBox(start)
        let lines = try await printed(
            ["limit_per_second": .integer(5), "format": .text(format)], now: { box.now }
        ) { sink in
            for number in 0..<4 { _ = try await sink.write(batch(.bars(makeBars(number * 3..<number * 3 + 3)))) }
            box.advance(.milliseconds(1_001))
            _ = try await sink.write(batch(.bars(makeBars(0..<6))))
            try await sink.flush()
            await sink.stop()
        }
        #expect(lines.count == 12)
        for (line, rows) in [(lines[5], 7), (lines[11], 1)] {
            let text = "... \(rows) more rows not shown (limit_per_second)"
            let object = #"{"kind":"not_shown","rows":\#(rows)}"#
            #expect(line == (format == "text" ? text : object))
        }
    }

    @Test func statesOnceASecondWhateverTheFlushes() async throws {
        let box = ClockBox(start)
        let lines = try await printed(["limit_per_second": .integer(5)], now: { box.now }) { sink in
            for number in 0..<300 {
                _ = try await sink.write(batch(.bars(makeBars(number..<number + 1))))
                try await sink.flush()
                box.advance(.milliseconds(10))
            }
            await sink.stop()
        }
        // Three seconds of five lines each, and a notice for each.
        #expect(lines.count == 18 && lines.count { $0.contains("95 more rows not shown") } == 3)
    }

    @Test func printsEverythingWithoutALimit() async throws {
        let lines = try await printed(["limit_per_second": .integer(0)], now: { [start] in start }) { sink in
            _ = try await sink.write(batch(.bars(makeBars(0..<1_000))))
            try await sink.flush()
        }
        #expect(lines.count == 1_000)
    }

    @Test func namesAnOutputThatIsFull() async throws {
        let output = open("/dev/full", O_WRONLY)
        defer { close(output) }
        let context = Recorder().context(in: folder)
        let sink = try Console(options(Console.self), context: context, output: output) { [start] in start }
        let error = await fault { try await sink.write(batch(.status([status]))) }
        #expect(error?.message.hasPrefix("sink/keep: 'standard output' cannot be written: No space left") == true)
    }

    @Test(arguments: [
        (0.0, "0"), (430.470_012_3, "430.47"), (0.001_234_567_8, "0.00123457"), (-12.345_678_9, "-12.3457"),
        (19_730_000, "19730000"), (1e-12, "0"), (.nan, "-"),
    ]) func shortensNumbers(value: Double, text: String) {
        #expect(ConsoleText.short(value) == text)
    }
}

/// A clock that a test moves on.
private final class ClockBox: Sendable {
    private let instant: Mutex<ContinuousClock.Instant>

    init(_ start: ContinuousClock.Instant) { instant = Mutex(start) }

    var now: ContinuousClock.Instant { instant.withLock { $0 } }

    func advance(_ duration: Duration) { instant.withLock { $0 = $0 + duration } }
}
