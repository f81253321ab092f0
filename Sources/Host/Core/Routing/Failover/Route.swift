package import PluginKit
import Synchronization

/// A route as its pipeline uses it: asks the providers by the rules, takes the first answer that holds, shows who serves.
///
/// ```
/// ask the first --answer--> judge --taken----------------------------------------> answer
///    |  fault, late (hedge), doubted, refused: ask the next as well                  ^
///    +--> all have ended, or the budget is over --> the doubted answer, where there is one, else the faults
/// ```
///
/// Where one answers and has nothing new, the next is asked only when it may have (`Recourse`); where it has nothing of some of
/// the instruments, the next is asked for these.
///
/// Providers of last resort are asked when all others have ended without an answer that is taken. Under `merge` and `vote` all
/// others are asked at once. Where there is a reference, answers are compared with it now and then before they are taken.
package final class Route: Sendable {
    private struct State {
        /// Price of each instrument's last event that was taken.
        var prices: [InstrumentID: Double] = [:]
        /// Usual volume of each instrument's bars in the last answer that was taken.
        var volumes: [InstrumentID: Double] = [:]
        /// When providers behind one that has nothing new are asked.
        var recourse: Recourse
        /// Answers with bars that were given.
        var answers = 0
        /// The newest event of each instrument about which a conflict was told.
        var told: [InstrumentID: Int64] = [:]
        /// Whether the first provider pushes.
        var isPushed = false
        /// How its providers answer.
        var standing: (state: InstanceState, message: String) = (.ok, "")
        /// What is said while whoever answers has had nothing new for too long.
        var stale: String?
        /// How it stands on the board.
        var shown: InstanceState?
    }

    /// What it is made of.
    package let plan: RoutePlan
    let pipeline: String
    let clock: any Clock<Duration>
    private let wallTime: @Sendable () -> Int64
    private let board: InstanceBoard?
    private let counters: FlowCounters?
    private let hours: TradingHoursFinder
    private let state: Mutex<State>

    /// Creates a route for a pipeline.
    package init(
        _ plan: RoutePlan, pipeline: String, clock: any Clock<Duration>, wallTime: @escaping @Sendable () -> Int64,
        board: InstanceBoard?, counters: FlowCounters? = nil, hours: @escaping TradingHoursFinder = { _ in nil }
    ) {
        self.plan = plan
        self.pipeline = pipeline
        self.clock = clock
        self.wallTime = wallTime
        self.board = board
        self.counters = counters
        self.hours = hours
        state = Mutex(State(recourse: Recourse(hours: hours)))
        if plan.members.count > 1 { board?.register(.route, plan.id, state: .ok) }
    }

    /// Returns the first answer that holds.
    ///
    /// Throws the fault of the provider where there is one; of several `.noData` where one that is no last resort says so, else `.transient` with
    /// what each said and the shortest time to come back that any of them told.
    ///
    /// A conflict is told once, however often the bar is asked for.
    package func fetch(_ request: FetchRequest) async throws(PluginError) -> RouteReply {
        var reply = try await ask(request).outcome.get()
        take(&reply)
        tell(reply.conflicts, about: request)
        return reply
    }

    /// Returns the answer, `nil` where none was taken, and everyone who was asked, in the order they ended.
    package func trace(_ request: FetchRequest) async -> (answer: RouteReply?, attempts: [RouteReply.Attempt]) {
        let (outcome, attempts) = await ask(request)
        return (try? outcome.get(), attempts)
    }

    private func ask(
        _ request: FetchRequest
    ) async -> (outcome: Result<RouteReply, PluginError>, attempts: [RouteReply.Attempt]) {
        let members = plan.members.filter { $0.fetches.contains(request.kind) }
        guard !members.isEmpty else {
            let fault = PluginError(
                .unsupported, "route/\(plan.id): no provider gives \(request.kind.rawValue) events on request.")
            return (.failure(fault), [])
        }
        let isVoted = [.bar, .quote].contains(request.kind)
        let (recourse, now) = (state.withLock(\.recourse), wallTime())
        var asking = RouteRequest(
            route: plan.id, members: members, isOnly: plan.members.count == 1,
            asking: isVoted && members.count > 1 ? plan.rules.strategy : .firstGood,
            isDue: { recourse.isDue($0, request, at: now) })
        let start = ContinuousClock.now
        var outcome = await asking.run(request, acceptance(for: request), plan.rules, clock)
        note(asking, request, at: now)
        var attempts = asking.attempts
        if members.count > 1, plan.rules.strategy == .firstGood, case .success(let answer) = outcome {
            let answer = await completed(
                answer, request, among: members, since: start, isDue: { recourse.isDue($0, $1, at: now) },
                note: { note($0, $1, at: now) })
            (outcome, attempts) = (.success(answer), answer.attempts)
        }
        if request.kind == .bar, let reference = plan.reference, case .success(let answer) = outcome,
            isSampled(answer, reference)
        {
            let (answer, asked) = await reconciled(answer, with: reference, request, members)
            attempts += asked
            outcome = .success(answer)
        }
        for attempt in attempts {
            counters?.measured(FlowSnapshot.Call(.provider, attempt.provider), attempt.span)
        }
        note(attempts)
        return (outcome, attempts)
    }

    /// Notes of which instruments those had something new that were asked behind another.
    private func note(_ asking: RouteRequest, _ request: FetchRequest, at now: Int64) {
        state.withLock { state in
            for (provider, new) in asking.brought { state.recourse.note(provider, request, brought: new, at: now) }
        }
    }

    /// Builds the provider of a route with one; of several each is built when it is asked.
    package func prepare() async throws(PluginError) {
        if plan.members.count == 1 { try await plan.first.use { (_) throws(PluginError) in } }
    }

    /// The same route without the provider that is preferred; `nil` where no other gives a kind of event on request.
    func withoutFirst(giving kind: EventKind) -> Route? {
        let others = plan.members.filter { $0.slot.id != plan.first.id }
        guard others.contains(where: { $0.fetches.contains(kind) }) else { return nil }
        return Route(
            RoutePlan(id: plan.id, members: others, rules: plan.rules), pipeline: pipeline, clock: clock,
            wallTime: wallTime, board: nil, counters: counters, hours: hours)
    }

    func acceptance(for request: FetchRequest) -> Acceptance {
        let now = wallTime()
        let (prices, volumes) = state.withLock { ($0.prices, $0.volumes) }
        return Acceptance(
            rules: plan.rules, latest: EventTimes.latest(at: now, span: request.timeframe.nanoseconds), now: now,
            prices: prices, volumes: volumes, hours: hours)
    }

    private func take(_ reply: inout RouteReply) {
        let bars = Bar.events(of: reply.reply.batch) ?? []
        let conflicts = reply.conflicts
        reply.conflicts = state.withLock { state in
            if plan.members.count > 1 {
                for bar in bars where bar.close > 0 { state.prices[bar.instrument] = bar.close }
                // What still forms has not its whole volume.
                let whole = bars.filter { !$0.flags.contains(.partial) }
                state.volumes.merge(Acceptance.usualVolumes(whole)) { _, new in new }
            }
            let new = conflicts.filter { $0.time > state.told[$0.instrument] ?? .min }
            for conflict in new { state.told[conflict.instrument] = conflict.time }
            return new
        }
    }

    /// Says on the board that providers disagree, in one sentence an answer.
    private func tell(_ conflicts: [RouteConflict], about request: FetchRequest) {
        guard let first = conflicts.first else { return }
        let more = conflicts.count > 1 ? " Beside it \(conflicts.count - 1) of the answer differ." : ""
        board?.tell("route/\(plan.id): \(message(of: first, request))\(more)")
    }

    /// Says that of some instruments no bar has come at all, though all were asked for.
    func tellsLack(of instruments: [Instrument]) {
        guard let first = instruments.first else { return }
        let names = instruments.prefix(5).map(\.description).joined(separator: ", ")
        let more = instruments.count > 5 ? " and \(instruments.count - 5) more" : ""
        board?.tell(
            "pipeline/\(pipeline): no whole bar of \(names)\(more) has come: nobody who was asked in route/\(plan.id) has one. "
                + "Check the symbol and its venue; `penstock fetch \(first) --route \(plan.id)` shows what each says.")
    }

    /// The facts of a conflict in a sentence.
    func message(of conflict: RouteConflict, _ request: FetchRequest) -> String {
        let instrument = request.instruments.first { $0.id == conflict.instrument }?.instrument
        return conflict.message(instrument?.description ?? "", plan.rules.agreement)
    }

    // MARK: The reference

    /// Counts an answer; says whether it is compared with the reference.
    private func isSampled(_ answer: RouteReply, _ reference: RoutePlan.Reference) -> Bool {
        guard answer.reply.batch.count > 0 else { return false }
        return state.withLock { state in
            defer { state.answers += 1 }
            return state.answers % reference.every == 0
        }
    }

    /// Compares an answer with the reference's; where they differ and the majority decides, the other providers are asked too.
    private func reconciled(
        _ answer: RouteReply, with reference: RoutePlan.Reference, _ request: FetchRequest,
        _ members: [RoutePlan.Member]
    ) async -> (RouteReply, [RouteReply.Attempt]) {
        guard let voices = answer.voices, let times = answer.reply.times else { return (answer, []) }
        let asked = FetchRequest(.bar, of: request.instruments, timeframe: request.timeframe, range: times)
        let witness = await witnesses([.init(reference.slot, fetches: [.bar])], asked)
        let outcome = Self.outcome(voices, witness.voices, plan.rules.agreement)
        guard !outcome.conflicts.isEmpty, plan.rules.agreement.policy == .majority, answer.sources.isEmpty else {
            return (Self.answer(answer, outcome), witness.attempts)
        }
        let others = await witnesses(
            members.filter { !$0.isLastResort && $0.slot.id != answer.source && $0.slot.id != reference.slot.id }, asked
        )
        return (
            Self.answer(answer, Self.outcome(voices, others.voices + witness.voices, plan.rules.agreement)),
            witness.attempts + others.attempts
        )
    }

    /// What providers say of bars of a range, whatever the last prices were.
    private func witnesses(
        _ members: [RoutePlan.Member], _ request: FetchRequest
    ) async -> (voices: [[Ballots<Bar>.Voice]], attempts: [RouteReply.Attempt]) {
        guard !members.isEmpty else { return ([], []) }
        var asking = RouteRequest(route: plan.id, members: members, isOnly: false, asking: .vote)
        _ = await asking.run(request, acceptance(for: request), plan.rules, clock)
        return (asking.voices(Bar.self), asking.attempts)
    }

    private static func outcome(
        _ own: [Ballots<Bar>.Voice], _ others: [[Ballots<Bar>.Voice]], _ agreement: RouteAgreement
    ) -> Ballots<Bar>.Outcome {
        var ballots = Ballots<Bar>()
        ballots.add(own, isFallback: false)
        for voices in others { ballots.add(voices, isFallback: true) }
        return ballots.settled(agreement, isLed: true)
    }

    private static func answer(_ answer: RouteReply, _ outcome: Ballots<Bar>.Outcome) -> RouteReply {
        guard !outcome.conflicts.isEmpty else { return answer }
        var settled = RouteReply(
            outcome, defects: answer.reply.defects, fallback: answer.source, attempts: answer.attempts)
        settled.conflicts = (answer.conflicts + outcome.conflicts).sorted { $0.time < $1.time }
        return settled
    }

    // MARK: State

    /// Whether nobody can serve it any more: each provider was given up by whoever runs it.
    package var isRetired: Bool { plan.members.allSatisfy(\.slot.isRetired) }

    /// Shows how each provider that was asked stands, where the route has several: of one, its stream says so.
    private func note(_ attempts: [RouteReply.Attempt]) {
        for attempt in attempts where plan.members.count > 1 || attempt.provider != plan.first.id {
            guard let slot = plan.slots.first(where: { $0.id == attempt.provider }) else { continue }
            guard let fault = attempt.fault, !fault.isAnswer else {
                slot.works(for: pipeline)
                continue
            }
            if fault.code != .cancelled { slot.fails(fault.message, for: pipeline) }
        }
        guard plan.members.count > 1 else { return }
        let own = attempts.filter { attempt in plan.members.contains { $0.slot.id == attempt.provider } }
        // One of last resort that has nothing serves nobody; whoever asked says what failed.
        let answered = own.first { attempt in
            attempt.fault?.isAnswer == true
                && plan.members.contains { $0.slot.id == attempt.provider && !$0.isLastResort }
        }
        guard let taken = own.first(where: { $0.fault == nil }) ?? answered else { return }
        guard taken.provider != plan.first.id,
            let reason = attempts.first(where: { $0.provider == plan.first.id })?.fault?.message
        else {
            // Where the first has nothing and another fails, nothing works again.
            let fails = own.contains { $0.fault.map { !$0.isAnswer } ?? false }
            return taken.fault != nil && fails ? () : show(.ok)
        }
        show(.degraded, "provider/\(taken.provider) serves. \(reason)")
    }

    private func show(_ standing: InstanceState, _ message: String = "") {
        state.withLock { $0.standing = (standing, message) }
        show()
    }

    private func show() {
        let (isNews, now, message) = state.withLock { state in
            let (now, message) =
                state.standing.state == .failed
                ? state.standing : state.stale.map { (.degraded, $0) } ?? state.standing
            defer { state.shown = now }
            return (state.shown != now || now != .ok, now, message)
        }
        if isNews { board?.set(.route, plan.id, now, message) }
    }

    /// Notes that the first provider pushes, so that its stream says how it and the route stand.
    func isPushed() { state.withLock { $0.isPushed = true } }

    /// Notes that the stream or all requests of a round work; of several that are asked, each request says so.
    package func works() {
        let (isPushed, wasStale) = state.withLock { state in
            defer { state.stale = nil }
            return (state.isPushed, state.stale != nil)
        }
        if plan.members.count == 1 || isPushed { plan.first.works(for: pipeline) }
        guard plan.members.count > 1 else { return }
        if isPushed { show(.ok) } else if wasStale { show() }
    }

    /// Notes that every request is answered, and nothing new has come for longer than the route allows.
    func isStale(_ message: String) {
        if plan.members.count == 1 { return plan.first.fails(message, for: pipeline) }
        state.withLock { $0.stale = message }
        show()
    }

    /// Who is spoken of where nothing new comes: the provider, or the route where it has several.
    var who: String { plan.members.count == 1 ? "provider/\(plan.first.id)" : "route/\(plan.id)" }

    /// Notes a fault that is waited out.
    package func fails(_ message: String) {
        let isPushed = state.withLock { $0.isPushed }
        if plan.members.count == 1 || isPushed { plan.first.fails(message, for: pipeline) }
        if plan.members.count > 1 { show(.degraded, message) }
    }

    /// Notes that it was given up.
    package func isGivenUp(_ message: String) {
        for member in plan.members { member.slot.isGivenUp(message, by: pipeline) }
        if plan.members.count > 1 { show(.failed, message) }
    }

    /// Forgets the pipeline, whose stream has ended.
    func left() {
        for slot in plan.slots { slot.left(by: pipeline) }
    }
}
