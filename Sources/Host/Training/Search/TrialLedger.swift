import HostCore
import PluginKit
import Synchronization

/// What the trials of a search found: what was stored before, and what is stored as it comes, all that waits in one transaction.
///
/// Where nothing can be stored the search goes on, and that is told once.
final class TrialLedger: Sendable {
    private struct State {
        var waiting: [TrialFold] = []
        var writer: Task<Void, Never>?
    }

    private struct Place: Hashable {
        let trial: Int
        let fold: Int
    }

    private let store: (any TrialStore)?
    private let key: SearchKey
    private let tell: @Sendable (String) -> Void
    private let known: [Place: TrialFold]
    private let state = Mutex(State())

    /// Reads what is stored of a search.
    init(_ store: (any TrialStore)?, _ key: SearchKey, tell: @escaping @Sendable (String) -> Void) async {
        (self.store, self.key, self.tell) = (store, key, tell)
        var known: [Place: TrialFold] = [:]
        do throws(PluginError) {
            for fold in try await store?.folds(of: key) ?? [] {
                known[Place(trial: fold.trial, fold: fold.fold)] = fold
            }
        } catch {
            tell("model/\(key.model): trials that were stored cannot be read, and are made again. \(error.message)")
        }
        self.known = known
    }

    /// Returns what a trial of these options found before.
    func found(_ trial: Int, _ fold: Int, _ options: String) -> TrialFold? {
        let found = known[Place(trial: trial, fold: fold)]
        return found?.options == options ? found : nil
    }

    /// Takes what a trial found; it is stored soon.
    func note(_ fold: TrialFold) {
        guard store != nil else { return }
        state.withLock { state in
            state.waiting.append(fold)
            // Unstructured on purpose: it ends when nothing waits, and `flush` waits for it.
            if state.writer == nil { state.writer = Task { await write() } }
        }
    }

    /// Returns when all that was noted is stored.
    func flush() async {
        while let writer = state.withLock({ $0.writer }) { await writer.value }
    }

    private func write() async {
        var isTold = false
        while let folds = take() {
            do throws(PluginError) {
                try await store?.save(folds, of: key)
            } catch {
                if !isTold {
                    tell("model/\(key.model): the search goes on, and its trials are not stored. \(error.message)")
                }
                isTold = true
            }
        }
    }

    private func take() -> [TrialFold]? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.writer = nil
                return nil
            }
            defer { state.waiting = [] }
            return state.waiting
        }
    }
}
