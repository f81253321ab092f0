import Dispatch
import Synchronization

/// A value that one caller at a time works on, for as long as its calls to the outside take; others wait for their turn.
///
/// No lock is held meanwhile: the value is taken out and put back.
package final class Exclusive<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var waiting: [DispatchSemaphore] = []
    }

    private let state: Mutex<State>

    /// Creates one that nobody works on.
    package init(_ value: Value) { state = Mutex(State(value: value)) }

    /// Works on the value; blocks this thread while another does. What `body` waits for must have a time-out.
    package func use<Result, Fault: Error>(_ body: (inout Value) throws(Fault) -> Result) throws(Fault) -> Result {
        var value = take()
        defer { put(value) }
        return try body(&value)
    }

    /// Takes the value out; blocks while it is out. `put` must follow.
    func take() -> Value {
        let turn = DispatchSemaphore(value: 0)
        while true {
            let value: Value? = state.withLock { state in
                guard let value = state.value else {
                    state.waiting.append(turn)
                    return nil
                }
                state.value = nil
                return value
            }
            if let value { return value }
            turn.wait()
        }
    }

    /// Puts it back; the next one who waits goes on.
    func put(_ value: Value) {
        let next = state.withLock { state in
            state.value = value
            return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
        }
        next?.signal()
    }
}
