import Synchronization

/// How many calls of plugins in a row gave nothing, though their process runs; by instance.
package final class FailingCalls: Sendable {
    private let calls = Mutex<[String: (reason: String, count: Int)]>([:])

    /// Notes a call that gave nothing: why, and how many there were since the last that worked.
    package func note(_ instance: String, _ reason: String, count: Int) {
        calls.withLock { $0[instance] = (reason, count) }
    }

    /// Forgets them: the instance works again.
    package func clear(_ instance: String) { calls.withLock { _ = $0.removeValue(forKey: instance) } }

    /// Why rows have no value of an indicator: as many calls of it or more gave nothing, and none has worked since. `nil` where
    /// there are fewer.
    func sentence(_ indicator: String, rows: Int) -> String? {
        guard rows > 0, let (reason, count) = calls.withLock({ $0["indicator/\(indicator)"] }), count >= rows else {
            return nil
        }
        let end = reason.hasSuffix(".") ? "" : "."
        return "\(reason)\(end) \(count) calls of it gave no value, for \(rows) bars."
    }
}
