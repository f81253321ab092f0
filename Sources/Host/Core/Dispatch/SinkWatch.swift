import PluginKit
import Synchronization

/// Looks at the calls of a pipeline's sinks: one that lasts is told of, then ended, and a sink that does not end it is given up.
struct SinkWatch: Sendable {
    /// How long after a call was first seen it is told of.
    static let usual = Duration.seconds(1)

    /// How long a call may last.
    let limit: Duration
    /// How long it may take to end once it is cancelled.
    let grace: Duration
    let clock: any Clock<Duration>
    let board: InstanceBoard

    /// Looks until cancelled.
    func run(_ lanes: Guarded<[SinkLane]>) async {
        var seen: [ObjectIdentifier: (turn: SinkTurn, call: UInt64, looks: Int)] = [:]
        while (try? await clock.sleep(for: Self.usual)) != nil {
            for lane in lanes.value {
                guard let turn = lane.turn else { continue }
                let call = turn.calls.load(ordering: .relaxed)
                let before = seen[ObjectIdentifier(lane)]
                // An even number: no call is under way.
                let isSame = before?.turn === turn && before?.call == call && !call.isMultiple(of: 2)
                let looks = isSame ? (before?.looks ?? 0) + 1 : 0
                seen[ObjectIdentifier(lane)] = (turn, call, looks)
                if looks > 0 { await look(at: lane, looks) }
            }
        }
    }

    private func look(at lane: SinkLane, _ looks: Int) async {
        let id = lane.plan.id
        lane.isLate.store(true, ordering: .relaxed)
        let waits = lane.plan.policy == .block ? " Its pipeline waits for it once the queue is full." : ""
        board.set(
            .sink, id, .degraded,
            "sink/\(id): a call takes more than a second; one that does not end is cancelled after \(limit.inWords).\(waits)"
        )
        guard Self.usual * looks >= limit else { return }
        let now = StopSignal()
        now.fire()
        if await lane.interrupt(TimeLimit(signal: now, grace: grace, clock: clock)) { return }
        board.retire(
            .sink, id,
            "sink/\(id): a call did not end within \(limit.inWords), nor when it was cancelled; the sink is given up. "
                + "`penstock reload` makes it anew.")
        lane.giveUp()
    }
}
