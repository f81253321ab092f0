import Testing

/// Why a test's own machinery cannot go on.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// Asks again and again until there is an answer; throws what was waited for when time is up.
@discardableResult
func eventually<Value>(
    _ what: String, within span: Duration = .seconds(600), or state: () -> String = { "" },
    _ ask: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + span
    while true {
        if let value = try await ask() { return value }
        guard clock.now < deadline else { throw Failure("not within \(span): \(what)\(state())") }
        try await clock.sleep(for: .milliseconds(5))
    }
}

/// Lets few tests run processes at once: each starts programs, and a machine has few cores.
actor Turns {
    static let shared = Turns(3)

    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    /// Waits for a turn.
    func take() async {
        if free > 0 {
            free -= 1
            return
        }
        await withCheckedContinuation { waiting.append($0) }
    }

    /// Hands the turn on.
    func give() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
