import Synchronization

/// Where an instance stands in its life.
package enum InstanceState: String, Sendable, CaseIterable {
    /// Being built or probed, or waiting for another try.
    case starting
    /// Works.
    case ok
    /// Works with losses: a message says which.
    case degraded
    /// Does not work.
    case failed
    /// Finishing what it holds.
    case draining
    /// Ended.
    case stopped
    /// Switched off in the manifest.
    case disabled
}

/// The state of one component: a plugin instance, or a part of the host.
package struct InstanceStatus: Sendable, Hashable {
    /// What it is.
    package let kind: ComponentKind
    /// Its id in the manifest.
    package let id: String
    /// The plugin's name; empty for a part of the host.
    package let plugin: String
    /// Where it stands.
    package var state: InstanceState
    /// One sentence of facts; empty where the state says it all.
    package var message: String
    /// When the state changed, nanoseconds since the Unix epoch, UTC.
    package var since: Int64
    /// Whether it cannot recover by itself: it stays as it is until the instance is made anew.
    package var isRetired = false

    /// Creates a status.
    package init(
        kind: ComponentKind, id: String, plugin: String, state: InstanceState, message: String = "", since: Int64
    ) {
        self.kind = kind
        self.id = id
        self.plugin = plugin
        self.state = state
        self.message = message
        self.since = since
    }

    /// Kind and id, as in `sink/keep`.
    package var name: String { "\(kind.rawValue)/\(id)" }
}

/// What happened to a component since the host started.
package struct InstanceEvents: Sendable, Hashable {
    /// How often it became degraded or failed.
    package var faults = 0
    /// How often what it runs in was started again.
    package var restarts = 0
}

/// The states of all components, in the order the manifest names them; tells listeners of each change.
package final class InstanceBoard: Sendable {
    private struct Storage {
        var statuses: [InstanceStatus] = []
        var listeners: [@Sendable (InstanceStatus) -> Void] = []
        var readers: [@Sendable (String) -> Void] = []
        var warned: [@Sendable (_ time: Int64, _ warning: String) -> Void] = []
        var events: [String: InstanceEvents] = [:]
        /// How many changes there were, and the last of them.
        var changeCount = 0
        var changes: [InstanceStatus] = []
        var followers: [Int: AsyncStream<InstanceStatus>.Continuation] = [:]

        /// Notes a change and hands it to whoever follows; here, so that all see the changes in one order.
        mutating func note(_ status: InstanceStatus) {
            changeCount += 1
            if changes.count == InstanceBoard.memory { changes.removeFirst() }
            changes.append(status)
            for follower in followers.values { follower.yield(status) }
        }
    }

    /// Id of the store of the whole host; those of pipelines have the pipelines' ids.
    package static let stateID = "state"

    /// Changes that are kept for whoever follows later, and that wait for one who is slow.
    private static let memory = 1_024

    private let storage = Mutex(Storage())
    private let now: @Sendable () -> Int64

    /// Creates an empty board; `now` gives nanoseconds since the Unix epoch.
    package init(now: @escaping @Sendable () -> Int64) { self.now = now }

    /// Adds an instance, or puts a fresh one in the place of that id.
    package func register(_ kind: ComponentKind, _ id: String, plugin: String = "", state: InstanceState = .starting) {
        let status = InstanceStatus(kind: kind, id: id, plugin: plugin, state: state, since: now())
        storage.withLock { storage in
            if let place = storage.statuses.firstIndex(where: { $0.kind == kind && $0.id == id }) {
                storage.statuses[place] = status
            } else {
                storage.statuses.append(status)
            }
        }
    }

    /// Forgets an instance that the manifest no longer has.
    package func remove(_ kind: ComponentKind, _ id: String) {
        storage.withLock { $0.statuses.removeAll { $0.kind == kind && $0.id == id } }
    }

    /// Changes the state of an instance; the same state with the same message changes nothing.
    ///
    /// What has failed does not become degraded: whoever loses records to it does not know why it is off.
    package func set(_ kind: ComponentKind, _ id: String, _ state: InstanceState, _ message: String = "") {
        set(kind, id, state, message, isRetired: false)
    }

    /// Says that what a message told has passed; where something else is told meanwhile it stays.
    package func takeBack(_ kind: ComponentKind, _ id: String, _ message: String) {
        guard let status = status(kind, id), status.message == message else { return }
        set(kind, id, status.state == .starting ? .starting : .ok)
    }

    /// Says that an instance failed for good: only a fresh one in its place, which `register` notes, ends that.
    package func retire(_ kind: ComponentKind, _ id: String, _ message: String) {
        set(kind, id, .failed, message, isRetired: true)
    }

    /// The instances that failed for good, as `kind/id`.
    package var retired: Set<String> {
        Set(all.filter(\.isRetired).map(\.name))
    }

    private func set(
        _ kind: ComponentKind, _ id: String, _ state: InstanceState, _ message: String, isRetired: Bool
    ) {
        let time = now()
        let (changed, listeners) = storage.withLock {
            storage -> (InstanceStatus?, [@Sendable (InstanceStatus) -> Void]) in
            guard let place = storage.statuses.firstIndex(where: { $0.kind == kind && $0.id == id }) else {
                return (nil, [])
            }
            let old = storage.statuses[place]
            guard old.state != state || old.message != message else { return (nil, []) }
            if old.isRetired ? !isRetired : old.state == .failed && state == .degraded { return (nil, []) }
            if state == .degraded || state == .failed, old.state != state {
                storage.events[old.name, default: InstanceEvents()].faults += 1
            }
            storage.statuses[place].isRetired = isRetired
            storage.statuses[place].state = state
            storage.statuses[place].message = message
            storage.statuses[place].since = time
            storage.note(storage.statuses[place])
            return (storage.statuses[place], storage.listeners)
        }
        if let changed { for listener in listeners { listener(changed) } }
    }

    /// Calls `listener` after each change, from the task that made it.
    package func onChange(_ listener: @escaping @Sendable (InstanceStatus) -> Void) {
        storage.withLock { $0.listeners.append(listener) }
    }

    /// How many changes there were.
    package var changeCount: Int { storage.withLock { $0.changeCount } }

    /// Gives each change after the first `count`, once and in order, until `end` is called.
    ///
    /// At most 1,024 wait; whoever is slower misses the newest.
    package func follow(after count: Int) -> (changes: AsyncStream<InstanceStatus>, end: @Sendable () -> Void) {
        let (changes, follower) = AsyncStream.makeStream(
            of: InstanceStatus.self, bufferingPolicy: .bufferingOldest(Self.memory))
        let id = storage.withLock { storage in
            let id = (storage.followers.keys.max() ?? 0) + 1
            for status in storage.changes.suffix(max(0, storage.changeCount - count)) { follower.yield(status) }
            storage.followers[id] = follower
            return id
        }
        return (
            changes,
            { [self] in
                storage.withLock { _ = $0.followers.removeValue(forKey: id) }
                follower.finish()
            }
        )
    }

    /// Notes that what a component runs in was started again.
    package func noteRestart(_ kind: ComponentKind, _ id: String) {
        storage.withLock { $0.events["\(kind.rawValue)/\(id)", default: InstanceEvents()].restarts += 1 }
    }

    /// What happened to a component since the host started.
    package func events(_ status: InstanceStatus) -> InstanceEvents {
        storage.withLock { $0.events[status.name] ?? InstanceEvents() }
    }

    /// Tells the user a fact that changes no state, in a sentence.
    package func tell(_ notice: String) {
        for reader in storage.withLock({ $0.readers }) { reader(notice) }
    }

    /// Calls `reader` with each notice, from the task that tells it.
    package func onNotice(_ reader: @escaping @Sendable (String) -> Void) {
        storage.withLock { $0.readers.append(reader) }
    }

    /// Warns the user of what an event shows, in sentences; `time` is the event's.
    package func warn(of time: Int64, _ warning: String) {
        for reader in storage.withLock({ $0.warned }) { reader(time, warning) }
    }

    /// Calls `reader` with each warning, from the task that tells it.
    package func onWarning(_ reader: @escaping @Sendable (_ time: Int64, _ warning: String) -> Void) {
        storage.withLock { $0.warned.append(reader) }
    }

    /// Returns every state.
    package var all: [InstanceStatus] { storage.withLock { $0.statuses } }

    /// Returns the state of one instance, or `nil`.
    package func status(_ kind: ComponentKind, _ id: String) -> InstanceStatus? {
        storage.withLock { $0.statuses.first { $0.kind == kind && $0.id == id } }
    }
}
