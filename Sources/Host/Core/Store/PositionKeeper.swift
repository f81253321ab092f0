import PluginKit
import Synchronization

/// Keeps the last acknowledged position of an input's stream in the store: at most once a second, and at the end.
///
/// A position that is older than what store and sinks have does no harm: what comes again is left out.
final class PositionKeeper: Sendable {
    /// The input's number, and what it is stored under.
    private let input: Int
    private let scope: String
    private let digest: String?
    private let store: any WatermarkStore
    private let clock: any Clock<Duration>
    private let positions = BoundedQueue<StreamPosition>(capacity: 1, policy: .dropOldest)
    private let isDone = StopSignal()
    /// Whether the store lacks something that came: then no position is kept any more.
    private let isLost = Mutex(false)
    /// Whether the store has all the past there was.
    private let isWhole = Mutex(false)
    private let ledger: AcknowledgementLedger
    private let counters: FlowCounters
    private let directory: InstrumentTable
    private let hasEnded = StopSignal()

    /// Creates the keeper of an input; without a digest nothing is kept.
    init(
        _ plan: PipelinePlan, _ input: Int, _ services: PipelineServices, _ ledger: AcknowledgementLedger,
        _ counters: FlowCounters
    ) {
        self.ledger = ledger
        self.counters = counters
        directory = plan.directory
        self.input = input
        scope = plan.scope(of: plan.inputs[input])
        digest = plan.inputs[input].streamDigest
        store = services.watermarks
        clock = services.clock
    }

    /// Returns where an earlier run stood in the same stream.
    func stored() async throws(PluginError) -> StreamMark? {
        guard let digest, let found = try await store.position(of: scope), found.digest == digest else { return nil }
        if found.isWhole { isWhole.withLock { $0 = true } }
        return found
    }

    /// Notes that the source has pushed all the past there is.
    func end() { hasEnded.fire() }

    /// Notes what was acknowledged.
    func note(_ position: StreamPosition) async {
        guard digest != nil, !position.text.isEmpty else { return }
        _ = await positions.push(position)
    }

    /// Notes that the store will never have something that came: the next run begins at the beginning.
    func lose() async {
        isLost.withLock { $0 = true }
        await keep(nil)
    }

    /// Keeps positions until `finish`, then the last one.
    func run() async {
        var last: StreamPosition?
        while let position = await positions.pop() {
            if !isLost.withLock({ $0 }) { await keep(position) }
            last = position
            _ = await isDone.wait(atMost: .seconds(1), clock: clock)
        }
        // What ended meanwhile may make the last one whole.
        if let last, !isLost.withLock({ $0 }), !isWhole.withLock({ $0 }) { await keep(last) }
    }

    /// Lets `run` keep the last position and return.
    func finish() {
        positions.finish()
        isDone.fire()
    }

    private func keep(_ position: StreamPosition?) async {
        guard let digest else { return }
        // The store tells of its faults itself; an older position does no harm.
        let isWhole = isWhole.withLock { isWhole in
            isWhole = isWhole || (hasEnded.isFired && ledger.isAllAcknowledged(of: input))
            return isWhole
        }
        let flow = counters.snapshot[input: input]
        let open = flow.shares.filter(\.value.endsRefused).keys.sorted().map(directory.instrument)
        // By now it may be a later one: what is acknowledged is durable, and belongs together.
        let (acknowledged, reached) = ledger.acknowledged(input)
        let mark = position.map {
            StreamMark(
                digest: digest, position: acknowledged ?? $0, isWhole: isWhole,
                refused: flow.refusedBefore + flow.lost, afterRefused: open,
                reached: Dictionary(reached.map { (directory.instrument($0), $1) }) { $1 })
        }
        try? await store.keep(mark, of: scope)
    }
}
