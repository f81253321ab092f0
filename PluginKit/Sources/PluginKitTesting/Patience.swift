import Synchronization

/// Runs a call and waits for it no longer than the limit; `nil` where it did not return in time.
///
/// A call that never returns is left behind, cancelled: waiting for it would hang the suite with the plugin.
///
/// - Parameter button: when pressed, cancels the call.
func within<Result: Sendable>(
    _ limit: Duration, button: StopButton = StopButton(), _ call: @escaping @Sendable () async -> Result
) async -> Result? {
    await withCheckedContinuation { continuation in
        let answer = FirstAnswer(continuation)
        // The call begins when the button is connected: a call that presses it at once is cancelled at once.
        let (start, connected) = AsyncStream<Void>.makeStream()
        // Both tasks end by themselves: the timer after the limit or when cancelled, the work when the plugin lets it.
        let timer = Task {
            try? await Task.sleep(for: limit, clock: .continuous)
            answer.give(nil)
            button.press()
        }
        let work = Task {
            for await _ in start { break }
            let result = await call()
            answer.give(result)
            timer.cancel()
        }
        button.connect { work.cancel() }
        connected.yield()
    }
}

/// Cancels a call from inside of it, from whatever task the plugin runs there.
final class StopButton: Sendable {
    private let state = Mutex<(isPressed: Bool, action: (@Sendable () -> Void)?)>((false, nil))

    /// Whether it was pressed.
    var isPressed: Bool { state.withLock { $0.isPressed } }

    func press() {
        let action = state.withLock { state in
            state.isPressed = true
            return state.action
        }
        action?()
    }

    fileprivate func connect(_ action: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            state.action = action
            return state.isPressed
        }
        if isLate { action() }
    }
}

/// Hands the first answer to who waits; later ones are dropped.
private final class FirstAnswer<Result: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Result?, Never>?>

    init(_ continuation: CheckedContinuation<Result?, Never>) { waiting = Mutex(continuation) }

    func give(_ result: Result?) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: result)
    }
}
