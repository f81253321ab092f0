import CivilTime
import Crypto
import FoundationEssentials
import Glibc
import HostManifest
import PluginKit
import Synchronization

/// The keys of a host that runs: read again when their file changes, and remembered once they were proved.
///
/// A proved key is remembered as a keyed hash (HMAC-SHA256 under a key of this process), so that the slow hash is reckoned once
/// for each key and start; the key itself is kept nowhere.
final class KeyRing: Sendable {
    private struct State {
        var keys: [String: StoredKey] = [:]
        var stamp = Stamp()
        /// Ids of proved keys by their keyed hash.
        var proved: [[UInt8]: String] = [:]
        var looked = ContinuousClock.now - .seconds(3_600)
        var isBroken = false
        var used: [String: Int64] = [:]
        var isUsedWritten = true
    }

    /// What tells versions of the file apart.
    private struct Stamp: Equatable {
        var inode: UInt64 = 0
        var size = -1
        var seconds = 0
        var nanoseconds = 0

        init() {}

        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            (inode, size) = (UInt64(status.st_ino), Int(status.st_size))
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    /// How long a look at the file is good for.
    private static let patience = Duration.milliseconds(100)

    private let file: KeyFile
    private let usedFile: KeyUse
    private let own = SymmetricKey(size: .bits256)
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Creates the ring of a state folder.
    init(stateFolder: String, warn: @escaping @Sendable (String) -> Void) {
        file = KeyFile(stateFolder: stateFolder)
        usedFile = KeyUse(stateFolder: stateFolder)
        self.warn = warn
        let used = usedFile.read()
        state.withLock { $0.used = used }
    }

    /// Whether a key was ever made, or the file of keys cannot be read: from then on everybody has to show one.
    var hasKeys: Bool {
        refresh()
        return state.withLock { !$0.keys.isEmpty || $0.isBroken }
    }

    /// Returns a key by its id.
    subscript(id: String) -> StoredKey? {
        refresh()
        return state.withLock { $0.keys[id] }
    }

    /// Every key.
    var all: [StoredKey] {
        refresh()
        return state.withLock { Array($0.keys.values) }
    }

    /// Returns the key a text proves without reckoning its slow hash; `nil` where it was not proved before.
    func proved(_ text: String) -> StoredKey? {
        let digest = digest(text)
        refresh()
        return state.withLock { state in state.proved[digest].flatMap { state.keys[$0] } }
    }

    /// Remembers that a text proves a key.
    func remember(_ text: String, is id: String) {
        let digest = digest(text)
        state.withLock { state in
            // Each key has one text: more are none of ours.
            if state.proved.count > 20_000 { state.proved.removeAll() }
            state.proved[digest] = id
        }
    }

    /// Notes that a key was used now.
    func note(_ id: String, at now: Int64) {
        state.withLock { state in
            // A minute is exact enough, and the file is not written for less.
            guard now - (state.used[id] ?? 0) >= 60_000_000_000 else { return }
            state.used[id] = now
            state.isUsedWritten = false
        }
    }

    /// Writes when keys were used, where that is not written yet.
    func writeUse() {
        let used = state.withLock { state in
            defer { state.isUsedWritten = true }
            return state.isUsedWritten ? nil : state.used
        }
        guard let used else { return }
        do throws(AtomicFile.Failure) { try usedFile.write(used) } catch { warn("security: \(error.description)") }
    }

    private func digest(_ text: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: own))
    }

    private func refresh() {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            guard state.looked.duration(to: now) >= Self.patience else { return false }
            state.looked = now
            return true
        }
        guard isDue else { return }
        let stamp = Stamp(file.path)
        guard stamp != state.withLock({ $0.stamp }) else { return }
        do throws(PluginError) {
            let keys = try file.read()
            state.withLock { state in
                // A file that is gone after there was one takes nothing back: whoever removed it restarts the host.
                if keys.isEmpty, !state.keys.isEmpty { state.isBroken = true }
                if !keys.isEmpty { state.isBroken = false }
                state.keys = Dictionary(keys.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
                state.stamp = stamp
            }
        } catch {
            // Nobody is let in by keys nobody can read.
            state.withLock { state in
                (state.keys, state.stamp, state.isBroken) = ([:], stamp, true)
            }
            warn("\(error.message) Until then no key is good.")
        }
    }
}
