import Synchronization

/// A value that several tasks change.
final class Guarded<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    init(_ value: Value) { content = Mutex(value) }

    var value: Value { content.withLock { $0 } }

    func update(_ change: (inout Value) -> Void) { content.withLock { change(&$0) } }
}
