package import PluginKit
import Synchronization

/// A provider instance as its pipelines use it: where it is built, and how it stands, on the board.
///
/// Several pipelines may share it. Each says how its own stream stands; the board shows the worst, and a provider is
/// retired only when no pipeline can use it any more.
package final class ProviderSlot: Sendable {
    /// How the stream of one pipeline stands.
    private enum Standing {
        case works
        case fault(String)
        case givenUp(String)
    }

    /// The instance's id in the manifest.
    package let id: String
    /// Its breaker, budget and health.
    package let gate: ProviderGate
    private let requests = SharedRequests()
    private let slot: PluginSlot<any Provider>
    private let board: InstanceBoard?
    private let standings = Mutex<[(pipeline: String, standing: Standing)]>([])

    /// Creates a slot whose instance is made when it is needed; without a board nothing is shown.
    package init(
        _ id: String, board: InstanceBoard?, built: (any Provider)? = nil,
        gate: ProviderGate? = nil,
        make: @escaping @Sendable () async throws(PluginError) -> any Provider
    ) {
        self.id = id
        self.board = board
        self.gate = gate ?? ProviderGate(id, wallTime: { 0 })
        slot = PluginSlot(built, make: make, giveBack: { await $0.stop() })
    }

    /// Creates a slot of an instance that stays.
    package convenience init(_ id: String, board: InstanceBoard? = nil, _ provider: any Provider) {
        self.init(id, board: board, built: provider) { () throws(PluginError) in provider }
    }

    /// Lets `body` use the instance, building it if it is not there; throws what building or `body` threw.
    ///
    /// After a fault that says that what the instance stands on is gone it is given back: the next use builds and probes
    /// another.
    package func use<Result>(
        _ body: (any Provider) async throws(PluginError) -> Result
    ) async throws(PluginError) -> Result {
        let held = try await slot.get()
        do {
            return try await body(held.value)
        } catch {
            if error.code == .environment || error.code == .corrupted { await slot.discard(held.number) }
            throw error
        }
    }

    /// Asks the instance, where breaker and budget let a request through; the same request of several goes out once, and what
    /// one was told shortly before is told to the others.
    ///
    /// Throws its fault, `.rateLimited` where none goes now, `.transient` after the deadline.
    func fetch(
        _ request: FetchRequest, deadline: Duration?, isOnly: Bool, sharing: AnswerSharing? = nil,
        clock: any Clock<Duration>
    ) async throws(PluginError) -> Reply {
        let who = "provider/\(id)"
        if let sharing, let known = requests.known(for: request, sharing) { return try known.get() }
        let reply = try await requests.reply(
            to: request, who: who, deadline: deadline, sharing: sharing, clock: clock
        ) {
            await self.asked(request, isOnly)
        }
        if let reply { return reply }
        let deadline = deadline ?? .zero
        let fault = PluginError(.transient, "\(who): gave no answer within \(deadline.inWords).")
        gate.note(fault, took: deadline)
        throw fault
    }

    private func asked(_ request: FetchRequest, _ isOnly: Bool) async -> Result<Reply, PluginError> {
        let start = ContinuousClock.now
        do throws(PluginError) {
            try await gate.admit(isOnly: isOnly, count: max(1, request.instruments.count))
        } catch {
            return .failure(error)
        }
        let reply = await Result { () async throws(PluginError) in
            try await self.use { (provider) throws(PluginError) in try await provider.fetch(request) }
        }
        gate.note(reply.fault, took: start.duration(to: .now))
        return reply
    }

    /// Stops the instance; none is built after that.
    package func stop() async { await slot.end() }

    /// Tells the instance what is durable.
    func acknowledge(_ position: StreamPosition) async { await slot.value?.acknowledge(position) }

    // MARK: State

    /// Whether whoever runs the instance gave it up: nothing but a fresh one in its place helps.
    package var isRetired: Bool { board?.status(.provider, id)?.isRetired ?? false }

    /// Notes that a pipeline's stream or request works.
    package func works(for pipeline: String) { note(.works, of: pipeline) }

    /// Notes a fault of a pipeline's stream or request that is waited out.
    package func fails(_ message: String, for pipeline: String) { note(.fault(message), of: pipeline) }

    /// Notes that a pipeline gave its stream up.
    package func isGivenUp(_ message: String, by pipeline: String) { note(.givenUp(message), of: pipeline) }

    /// Forgets a pipeline whose stream has ended.
    package func left(by pipeline: String) {
        standings.withLock { $0.removeAll { $0.pipeline == pipeline } }
    }

    private func note(_ standing: Standing, of pipeline: String) {
        let (state, message, isFinal) = standings.withLock { standings -> (InstanceState, String, Bool) in
            if let place = standings.firstIndex(where: { $0.pipeline == pipeline }) {
                standings[place].standing = standing
            } else {
                standings.append((pipeline, standing))
            }
            return Self.sum(standings.map(\.standing))
        }
        if !isFinal {
            board?.set(.provider, id, state, message)
        } else if !isRetired {
            board?.retire(.provider, id, message)
        }
    }

    private static func sum(_ standings: [Standing]) -> (InstanceState, String, Bool) {
        var messages: [String] = []
        var open = 0
        for standing in standings {
            switch standing {
            case .works: open += 1
            case .fault(let message):
                open += 1
                messages.append(message)
            case .givenUp(let message): messages.append(message)
            }
        }
        return (messages.isEmpty ? .ok : .degraded, messages.first ?? "", open == 0)
    }
}
