package import PluginKit

/// One request on its way through a route's providers.
struct RouteRequest: Sendable {
    private enum Event: Sendable {
        /// A provider, by its place, has answered or failed.
        case ended(Int, Result<Reply, PluginError>, Duration)
        /// The provider of a place had its time; the next is asked too.
        case isLate(Int)
        /// Nobody has any more time.
        case isOver
    }

    let route: String
    let members: [RoutePlan.Member]
    /// Whether the route has one provider: then its faults and doubts are its own.
    let isOnly: Bool
    /// Everyone who was asked and has ended.
    private(set) var attempts: [RouteReply.Attempt] = []
    private var asked = 0
    private var open = 0
    private var doubted: (place: Int, reply: Reply)?
    /// Whether one that was asked answers, and lacks what is asked for.
    private var isAnswered: Bool
    /// Whether all of them stand behind one that answered.
    private let isBehind: Bool
    /// Places of those that were not asked, as they had nothing new shortly before.
    private var spared: Set<Int> = []
    /// Those behind the first that answered, and the instruments of which they had something new.
    private(set) var brought: [(provider: String, instruments: Set<InstrumentID>)] = []
    /// The answers that are taken: one, or where all are asked those of all that gave one.
    private var taken: [(place: Int, reply: Reply)] = []
    /// Whether all but those of last resort are asked at once.
    private let asksAll: Bool
    /// Whether an answer that may be untrue is one: the others confirm or refute it.
    private let takesDoubted: Bool
    /// Whether a provider may have what one before it lacks.
    private let isDue: @Sendable (_ provider: String) -> Bool

    init(
        route: String, members: [RoutePlan.Member], isOnly: Bool, asking strategy: RouteStrategy = .firstGood,
        isBehind: Bool = false, isDue: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
        self.isBehind = isBehind
        isAnswered = isBehind
        self.isDue = isDue
        self.route = route
        self.members = members
        self.isOnly = isOnly
        asksAll = strategy != .firstGood
        takesDoubted = strategy == .vote
    }

    /// Asks until an answer is taken, or all are where all are asked, everyone has ended or the budget is over.
    mutating func run(
        _ request: FetchRequest, _ judge: Acceptance, _ rules: RouteRules, _ clock: any Clock<Duration>
    ) async -> Result<RouteReply, PluginError> {
        self = await withTaskGroup(of: Event?.self) { [self] group -> RouteRequest in
            var asking = self
            defer { group.cancelAll() }
            if let budget = rules.budget {
                group.addTask { (try? await clock.sleep(for: budget)) == nil ? nil : .isOver }
            }
            repeat { asking.askNext(request, rules, clock, &group) } while asksAll && asking.hasNext(amongLate: true)
            while asking.isUndecided, let event = await group.next() {
                switch event {
                case nil: continue
                case .isOver:
                    asking.noteUnanswered(rules.budget ?? .zero)
                    return asking
                case .isLate(let place):
                    if place == asking.asked - 1, asking.hasNext(amongLate: true) {
                        asking.askNext(request, rules, clock, &group)
                    }
                case .ended(let place, let outcome, let span):
                    asking.open -= 1
                    if let reply = asking.judged(outcome, place, span, request, judge) {
                        asking.taken.append((place, reply))
                    } else if asking.taken.isEmpty {
                        asking.spareThoseNotDue()
                        if asking.hasNext(amongLate: asking.open > 0) { asking.askNext(request, rules, clock, &group) }
                    }
                }
            }
            return asking
        }
        if taken.isEmpty, let doubted { taken = [doubted] }
        taken.sort { $0.place < $1.place }
        return taken.isEmpty ? .failure(fault) : .success(answer(rules))
    }

    /// The events of each that gave an answer, where they are of that kind.
    func voices<Event>(_ type: Event.Type) -> [[Ballots<Event>.Voice]] {
        taken.compactMap { taken in
            Event.events(of: taken.reply.batch)?.map { .init(event: $0, source: members[taken.place].slot.id) }
        }
    }

    /// Whether there is something to wait for.
    private var isUndecided: Bool { open > 0 && (taken.isEmpty || asksAll) }

    /// Whether there is another to ask; one of last resort only once nobody else is on the way.
    private func hasNext(amongLate isEarly: Bool) -> Bool {
        asked < members.count && !(isEarly && members[asked].isLastResort)
    }

    /// Passes over those that have nothing either, where one that was asked only lacks something.
    private mutating func spareThoseNotDue() {
        while isAnswered, asked < members.count, !isDue(members[asked].slot.id) {
            spared.insert(asked)
            asked += 1
        }
    }

    private mutating func askNext(
        _ request: FetchRequest, _ rules: RouteRules, _ clock: any Clock<Duration>,
        _ group: inout TaskGroup<Event?>
    ) {
        let (place, slot, isOnly) = (asked, members[asked].slot, isOnly)
        asked += 1
        open += 1
        group.addTask {
            let start = ContinuousClock.now
            let outcome = await Result { () async throws(PluginError) in
                try await slot.fetch(
                    request, deadline: rules.deadline, isOnly: isOnly, sharing: rules.sharing, clock: clock)
            }
            return .ended(place, outcome, start.duration(to: .now))
        }
        guard !asksAll, let hedge = rules.hedge, asked < members.count else { return }
        group.addTask { (try? await clock.sleep(for: hedge)) == nil ? nil : .isLate(place) }
    }

    /// Notes what one gave; returns the answer that is taken.
    private mutating func judged(
        _ outcome: Result<Reply, PluginError>, _ place: Int, _ span: Duration, _ request: FetchRequest,
        _ judge: Acceptance
    ) -> Reply? {
        let member = members[place]
        var fault = outcome.fault
        if !isOnly {
            var isWanting = fault?.isAnswer ?? false
            if case .success(let reply) = outcome {
                let verdict = judge.verdict(reply, to: request, from: "provider/\(member.slot.id)")
                fault = member.isLastResort || takesDoubted ? verdict.refusal : verdict.fault
                isWanting = verdict.isWanting
                if verdict.isKept, fault != nil { keep(reply, place) }
            }
            if isWanting { isAnswered = true }
            if place > 0 || isBehind, isWanting || fault == nil { noteBrought(try? outcome.get(), place, request) }
        }
        attempts.append(.init(provider: member.slot.id, fault: fault, span: span))
        guard fault == nil, case .success(let reply) = outcome else { return nil }
        return reply
    }

    /// Of answers that are doubted the newest is kept, of equally new ones the first: two that say the same confirm it.
    private mutating func keep(_ reply: Reply, _ place: Int) {
        guard let doubted, doubted.reply.newestTime >= reply.newestTime else {
            doubted = (place, reply)
            return
        }
    }

    private mutating func noteBrought(_ reply: Reply?, _ place: Int, _ request: FetchRequest) {
        var new: Set<InstrumentID> = []
        reply?.batch.forEach { index, time, instrument in
            if request.range.contains(time), reply?.batch.has(.partial, at: index) == false { new.insert(instrument) }
        }
        brought.append((members[place].slot.id, new))
    }

    private mutating func noteUnanswered(_ budget: Duration) {
        let ended = Set(attempts.map(\.provider))
        for (place, member) in members.prefix(asked).enumerated()
        where !ended.contains(member.slot.id) && !spared.contains(place) {
            let fault = PluginError(
                .transient, "provider/\(member.slot.id): gave no answer within the route's budget of \(budget.inWords)."
            )
            attempts.append(.init(provider: member.slot.id, fault: fault, span: budget))
        }
    }

    private func answer(_ rules: RouteRules) -> RouteReply {
        let first = taken[0]
        let source = members[first.place].slot.id
        if asksAll, let answer = answer(rules, Bar.self) ?? answer(rules, Quote.self) { return answer }
        var reply = first.reply
        if first.place > 0 || isBehind { reply.batch = reply.batch.marking(.fallback) { _, _ in true } }
        return RouteReply(reply: reply, source: source, attempts: attempts)
    }

    /// What all that gave an answer say together; `nil` where one of them is of another kind.
    private func answer<Event: VotedEvent>(_ rules: RouteRules, _ type: Event.Type) -> RouteReply? {
        let voices = voices(Event.self)
        guard voices.count == taken.count else { return nil }
        var ballots = Ballots<Event>()
        for (place, voices) in zip(taken.map(\.place), voices) { ballots.add(voices, isFallback: place > 0) }
        let outcome = rules.strategy == .merge ? ballots.merged(rules.fields) : ballots.settled(rules.agreement)
        return RouteReply(
            outcome, defects: taken.flatMap(\.reply.defects), fallback: members[taken[0].place].slot.id,
            attempts: attempts)
    }

    /// What everyone's faults come to.
    private var fault: PluginError {
        let faults = attempts.compactMap(\.fault)
        if isOnly, let fault = faults.first { return fault }
        if Task.isCancelled { return PluginError(.cancelled, "route/\(route): the request was ended by a stop.") }
        // One that answers, and has nothing, serves; what is kept for the last resort says nothing about what is new.
        let isEmpty = attempts.contains { attempt in
            (attempt.fault?.code == .noData || attempt.fault?.code == .notFound)
                && !(members.first { $0.slot.id == attempt.provider }?.isLastResort ?? false)
        }
        let said = faults.map(\.message).joined(separator: " ")
        return PluginError(
            isEmpty ? .noData : .transient, "route/\(route): none of \(faults.count) providers gave it. \(said)",
            retryAfter: faults.compactMap(\.retryAfter).min())
    }
}

extension Reply {
    /// Event times of the oldest and the newest event; `nil` without one.
    package var times: ClosedRange<Int64>? {
        var (oldest, newest) = (Int64.max, Int64.min)
        batch.forEach { _, time, _ in (oldest, newest) = (min(oldest, time), max(newest, time)) }
        return oldest <= newest ? oldest...newest : nil
    }

    /// Event time of the newest event; the least there is without one.
    fileprivate var newestTime: Int64 { times?.upperBound ?? .min }
}
