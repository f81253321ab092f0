package import PluginKit
import Synchronization

/// The place of a plugin instance: built when it is first needed, once for all who wait, and anew after it was discarded.
///
/// ```
/// empty --get--> building --made--> built --discard--> empty
///                building --fault-> empty               any --end--> ended
/// ```
package final class PluginSlot<Built: Sendable>: Sendable {
    /// What stands in the slot, with the number of its build.
    package struct Held: Sendable {
        /// The instance.
        package let value: Built
        /// Counts the builds of this slot, from 1.
        package let number: Int
    }

    /// A build that others wait for.
    private final class Building: Sendable {
        let isDone = StopSignal()
        let outcome = Guarded<Result<Held, PluginError>?>(nil)
    }

    private enum Content {
        case empty
        case building(Building)
        case built(Held)
        case ended
    }

    private struct State {
        var content = Content.empty
        var builds = 0
        var fault: PluginError?
    }

    private let state: Mutex<State>
    private let make: @Sendable () async throws(PluginError) -> Built
    private let giveBack: @Sendable (Built) async -> Void

    /// Creates a slot.
    ///
    /// - Parameters:
    ///   - built: an instance that is there already.
    ///   - make: builds and probes an instance; never two at once.
    ///   - giveBack: stops an instance that was discarded, or that nobody wants any more.
    package init(
        _ built: Built? = nil, make: @escaping @Sendable () async throws(PluginError) -> Built,
        giveBack: @escaping @Sendable (Built) async -> Void
    ) {
        state = Mutex(
            State(content: built.map { .built(Held(value: $0, number: 1)) } ?? .empty, builds: built == nil ? 0 : 1))
        self.make = make
        self.giveBack = giveBack
    }

    /// The instance, where it was built.
    package var value: Built? {
        state.withLock { state in
            guard case .built(let held) = state.content else { return nil }
            return held.value
        }
    }

    /// What the last build ended with, where it failed.
    package var fault: PluginError? { state.withLock { $0.fault } }

    /// Returns the instance, building it if it is not there; throws what building threw, and `.cancelled` once ended.
    package func get() async throws(PluginError) -> Held {
        while true {
            let (building, isMine): (Building, Bool)
            switch claim() {
            case .success(let held): return held
            case .failure(let claim):
                guard let found = claim.building else { throw Self.ended }
                (building, isMine) = (found, claim.isMine)
            }
            if isMine { return try await build(building).get() }
            await building.isDone.wait()
            guard !Task.isCancelled else { throw Self.ended }
            // One whose builder was cancelled says nothing about the instance: the next who waits builds.
            if case .failure(let fault)? = building.outcome.value, fault.code != .cancelled { throw fault }
        }
    }

    /// Takes out the instance of a build, where it still stands, and gives it back; the next `get` builds another.
    package func discard(_ number: Int) async {
        let gone: Built? = state.withLock { state in
            guard case .built(let held) = state.content, held.number == number else { return nil }
            state.content = .empty
            return held.value
        }
        if let gone { await giveBack(gone) }
    }

    /// Gives back what was built, or is being built; nothing is built after that.
    package func end() async {
        let gone: Built? = state.withLock { state in
            defer { state.content = .ended }
            guard case .built(let held) = state.content else { return nil }
            return held.value
        }
        if let gone { await giveBack(gone) }
    }

    /// Why the instance cannot be had at once.
    private struct Claim: Error {
        let building: Building?
        let isMine: Bool
    }

    private func claim() -> Result<Held, Claim> {
        state.withLock { state in
            switch state.content {
            case .built(let held): return .success(held)
            case .building(let building): return .failure(Claim(building: building, isMine: false))
            case .ended: return .failure(Claim(building: nil, isMine: false))
            case .empty:
                let building = Building()
                state.content = .building(building)
                return .failure(Claim(building: building, isMine: true))
            }
        }
    }

    private func build(_ building: Building) async -> Result<Held, PluginError> {
        let made: Result<Built, PluginError>
        do throws(PluginError) { made = .success(try await make()) } catch { made = .failure(error) }
        let (outcome, unwanted): (Result<Held, PluginError>, Built?) = state.withLock { state in
            guard case .building = state.content else { return (.failure(Self.ended), try? made.get()) }
            switch made {
            case .success(let value):
                state.builds += 1
                let held = Held(value: value, number: state.builds)
                state.content = .built(held)
                state.fault = nil
                return (.success(held), nil)
            case .failure(let error):
                state.content = .empty
                state.fault = error
                return (.failure(error), nil)
            }
        }
        building.outcome.change { $0 = outcome }
        building.isDone.fire()
        if let unwanted { await giveBack(unwanted) }
        return outcome
    }

    private static var ended: PluginError { PluginError(.cancelled, "host: it is stopping.") }
}
