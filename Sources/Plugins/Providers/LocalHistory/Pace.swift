/// How fast a replay runs.
enum Pace: Sendable, Hashable {
    /// As fast as the receiver takes it.
    case full
    /// So many times faster than it happened.
    case factor(Double)
    /// One step of event time every so often.
    case step(Duration)

    /// Reads `full`, `60x`, `0.5x`, `1s`, `250ms`, `5m`, `1h`; `nil` for anything else.
    init?(_ text: String) {
        if text == "full" {
            self = .full
        } else if text.hasSuffix("x"), let factor = Double(text.dropLast()), (1e-3...1e12).contains(factor) {
            self = .factor(factor)
        } else {
            let digits = text.prefix { $0.isASCII && $0.isNumber }
            let units: [Substring: Int64] = ["ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000]
            guard digits.count <= 6, let count = Int64(digits), count > 0,
                let unit = units[text.dropFirst(digits.count)]
            else { return nil }
            self = .step(.milliseconds(count * unit))
        }
    }
}

/// Waits before each step of event time, so that a replay keeps its pace without drifting.
protocol Pacing {
    /// Returns when the events of a time are due; at once for the first, and for times that go back.
    mutating func wait(for time: Int64) async throws(CancellationError)
}

/// Keeps the pace by a clock.
struct Pacer<C: Clock<Duration>>: Pacing {
    private let pace: Pace
    private let clock: C
    private var begin: C.Instant?
    private var firstTime: Int64 = 0
    private var lastTime: Int64 = 0
    private var waited: Duration = .zero

    init(_ pace: Pace, _ clock: C) {
        self.pace = pace
        self.clock = clock
    }

    mutating func wait(for time: Int64) async throws(CancellationError) {
        guard pace != .full else { return }
        guard let begin else {
            begin = clock.now
            (firstTime, lastTime) = (time, time)
            return
        }
        guard time > lastTime else { return }
        lastTime = time
        switch pace {
        case .full: return
        case .step(let span): waited += span
        case .factor(let factor): waited = .seconds((Double(time) - Double(firstTime)) / 1e9 / factor)
        }
        do { try await clock.sleep(until: begin.advanced(by: waited), tolerance: nil) } catch {
            throw CancellationError()
        }
    }
}
