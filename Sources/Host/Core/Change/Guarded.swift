import Synchronization

/// A value that several tasks change.
package final class Guarded<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    /// Guards a value.
    package init(_ value: Value) { content = Mutex(value) }

    /// The value now.
    package var value: Value { content.withLock { $0 } }

    /// Changes the value under the lock and returns what `body` returns; it must be short.
    @discardableResult package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        content.withLock { body(&$0) }
    }
}
