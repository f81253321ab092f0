import NIOCore
import Synchronization

/// Whole answers by request target, good as long as what they were made from has one version. Bounded.
final class AnswerCache: Sendable {
    private struct State {
        var version: UInt64 = .max
        var answers: [String: HotAnswer] = [:]
        var bytes = 0
    }

    private let maxCount: Int
    private let maxBytes: Int
    private let state = Mutex(State())

    /// Creates an empty cache; when either bound is reached it starts anew.
    init(maxCount: Int = 256, maxBytes: Int = 16 << 20) {
        self.maxCount = maxCount
        self.maxBytes = maxBytes
    }

    /// Returns the answer kept for a target at a version.
    func answer(_ target: String, version: UInt64) -> HotAnswer? {
        state.withLock { $0.version == version ? $0.answers[target] : nil }
    }

    /// Keeps an answer; `version` was read before the answer was made, so that it is never older than its version says.
    func keep(_ answer: HotAnswer, _ target: String, version: UInt64) {
        let size = answer.body.readableBytes + target.utf8.count
        guard size <= maxBytes / 4 else { return }
        state.withLock { state in
            if state.version != version || state.answers.count >= maxCount || state.bytes + size > maxBytes {
                state.version = version
                state.answers.removeAll(keepingCapacity: true)
                state.bytes = 0
            }
            guard state.answers.updateValue(answer, forKey: target) == nil else { return }
            state.bytes += size
        }
    }
}
