import PluginKit

/// Keeps a provider's stream going: shows its faults, waits, begins again where it was acknowledged, gives up in the end.
///
/// The same for every tier, and for providers that push and that only answer. No fault of a provider leaves this place
/// but the one it was given up for.
struct StreamSupervisor: Sendable {
    /// How long a stream that was begun again must last without a fault to count as working, where it brings nothing.
    private static let steady = Duration.seconds(10)
    /// As many times the silence that is allowed end a stream: one that hangs goes on only when it is begun again.
    private static let silences = 3

    let route: Route
    let instruments: [InstrumentReference]
    let kind: EventKind
    let timeframe: Timeframe
    let pull: PullPlan?
    let policy: StreamPolicy
    /// Whether a provider whose data can grow is to wait for more at its end.
    let waitsForMore: Bool
    let receiver: RouteReceiver
    let clock: any Clock<Duration>
    /// Event time of each instrument's newest bar in the store.
    var newest: [InstrumentID: Int64] = [:]

    /// Keeps the stream of an input of a plan going.
    init(
        _ plan: PipelinePlan, _ input: InputPlan, from route: Route, receiver: RouteReceiver,
        clock: any Clock<Duration>
    ) {
        self.route = route
        instruments = plan.instruments
        kind = input.sourceKind
        timeframe = input.sourceTimeframe
        pull = input.pull
        policy = input.policy
        waitsForMore = input.waitsForMore
        self.receiver = receiver
        self.clock = clock
    }

    /// Runs until the source has ended, the pipeline wants no more or the task is cancelled; throws the last fault of a
    /// provider that was given up.
    func run() async throws(PluginError) {
        defer { route.left() }
        if pull == nil { route.isPushed() }
        let puller = pull.map {
            PullStream(subscription(after: nil), $0, after: newest, silence: policy.silence, clock: clock)
        }
        var recovery = StreamRecovery(policy)
        var (isFaulty, isSilent) = (false, false)
        while !Task.isCancelled {
            let attempt = StreamAttempt(receiver, route, isFaulty: isFaulty, isSilent: isSilent)
            let outcome = await fault(of: attempt, puller, isFaulty: isFaulty)
            receiver.isFilled.fire()
            guard let fault = outcome, !attempt.isOver, !Task.isCancelled else { return }
            if attempt.hasWorked { recovery.worked() }
            // A position of an earlier run that the provider does not know: it begins anew, and what comes again is left out.
            if fault.code == .badRequest, attempt.after != nil, !attempt.hasWorked {
                receiver.resume(after: nil)
                continue
            }
            let step = recovery.failed(fault)
            guard case .again(let wait) = step, policy.keepsTrying || !route.isRetired else {
                route.isGivenUp(Self.lastWord(fault))
                throw fault
            }
            route.fails(fault.message)
            (isFaulty, isSilent) = (true, attempt.hasEndedSilent)
            guard let others else {
                do { try await clock.sleep(for: wait) } catch { return }
                continue
            }
            if await bridge(wait, others) { return }
        }
    }

    /// The other providers, which are asked while the one that pushes does not; `nil` where there are none.
    private var others: Route? { pull == nil && PullPlan.kinds.contains(kind) ? route.withoutFirst(giving: kind) : nil }

    /// Asks the other providers for a span; returns whether that is all: the host ends with the data, and they gave it.
    private func bridge(_ span: Duration, _ others: Route) async -> Bool {
        let interval = policy.poll ?? PullPlan.usualInterval(timeframe, of: kind)
        let asking = PullStream(
            subscription(after: nil), PullPlan(interval: interval, isOnce: policy.isOnce), after: receiver.newest,
            clock: clock)
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                try? await clock.sleep(for: span)
                return false
            }
            group.addTask {
                while !Task.isCancelled {
                    let attempt = StreamAttempt(receiver, others, isFaulty: true)
                    let fault = await Result { () async throws(PluginError) in try await asking.run(others, attempt) }
                        .fault
                    if fault == nil || attempt.isOver { return !Task.isCancelled }
                    do { try await clock.sleep(for: interval) } catch { break }
                }
                return false
            }
            let isAll = await group.next() ?? false
            group.cancelAll()
            return isAll
        }
    }

    private static func lastWord(_ fault: PluginError) -> String {
        "\(fault.message) It was given up. Correct the cause, then `penstock reload`."
    }

    /// Lets the provider push; returns the fault it ended with, `nil` where its source has ended.
    private func fault(of attempt: StreamAttempt, _ puller: PullStream?, isFaulty: Bool) async -> PluginError? {
        await withTaskGroup(of: PluginError??.self) { group in
            group.addTask { .some(await self.stream(attempt, puller, isFaulty: isFaulty)) }
            if let silence = policy.silence { group.addTask { await self.watch(attempt, silence) } }
            if isFaulty, puller == nil {
                group.addTask {
                    if (try? await self.clock.sleep(for: Self.steady)) != nil { attempt.lasts() }
                    return nil
                }
            }
            var outcome: PluginError??
            for await ended in group {
                guard let ended, outcome == nil else { continue }
                outcome = .some(ended)
                group.cancelAll()
            }
            return outcome ?? nil
        }
    }

    private func stream(_ attempt: StreamAttempt, _ puller: PullStream?, isFaulty: Bool) async -> PluginError? {
        do throws(PluginError) {
            if let puller {
                try await puller.run(route, attempt)
                return nil
            }
            try await route.plan.first.use { (provider) throws(PluginError) in
                if !isFaulty { route.works() }
                try await provider.stream(subscription(after: attempt.after), into: attempt)
            }
            return nil
        } catch {
            guard error.code == .cancelled else { return error }
            return PluginError(.transient, "\(error.message) Nobody had asked provider/\(route.plan.first.id) to end.")
        }
    }

    /// Shows silence; where the host ends with the data, or others can be asked, silence ends the attempt, else one that lasts.
    private func watch(_ attempt: StreamAttempt, _ silence: Silence) async -> PluginError?? {
        var shown: (signs: UInt64, count: Int) = (0, 0)
        while true {
            let before = attempt.signs
            do { try await clock.sleep(for: silence.span(after: attempt.wallTime)) } catch { return nil }
            guard let before, attempt.signs == before else { continue }
            let message =
                "provider/\(route.plan.first.id): nothing has come \(silence) in pipeline/\(route.pipeline), whose route "
                + "allows no more silence. Look into the source, or set 'silence' of the route."
            shown = (before, shown.signs == before ? shown.count + 1 : 1)
            let isLasting = pull == nil && shown.count >= Self.silences
            if policy.isOnce || others != nil || isLasting {
                attempt.endsSilent()
                return .some(PluginError(.transient, message))
            }
            attempt.isSilent(since: before, message)
        }
    }

    private func subscription(after position: StreamPosition?) -> Subscription {
        Subscription(
            instruments: instruments, kind: kind, timeframe: timeframe, resumeAfter: position,
            waitsForMore: waitsForMore)
    }
}
