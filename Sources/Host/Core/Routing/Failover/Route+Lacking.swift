import PluginKit

/// Answers that have nothing of some of the instruments that were asked for.
extension Route {
    /// Asks the providers behind those that answered for the instruments of which an answer has nothing, in the order of the
    /// route and within what is left of its budget; the answer then has several sources.
    func completed(
        _ answer: RouteReply, _ request: FetchRequest, among members: [RoutePlan.Member],
        since start: ContinuousClock.Instant,
        isDue: (_ provider: String, FetchRequest) -> Bool, note: (RouteRequest, FetchRequest) -> Void
    ) async -> RouteReply {
        var answer = answer
        while true {
            let rest = request.about(answer.lacking(request))
            let others = members.filter { member in
                !answer.attempts.contains { $0.provider == member.slot.id } && isDue(member.slot.id, rest)
            }
            var rules = plan.rules
            rules.budget = rules.budget.map { $0 - start.duration(to: .now) }
            guard !rest.instruments.isEmpty, !others.isEmpty, rules.budget ?? .seconds(1) > .zero else {
                return answer
            }
            var asking = RouteRequest(route: plan.id, members: others, isOnly: false, isBehind: true)
            let outcome = await asking.run(rest, acceptance(for: rest), rules, clock)
            note(asking, rest)
            answer.attempts += [answer.lack(rest)] + asking.attempts
            guard case .success(let more) = outcome else { return answer }
            answer.add(more)
        }
    }
}

extension FetchRequest {
    /// The same request about other instruments.
    func about(_ instruments: [InstrumentReference]) -> FetchRequest {
        FetchRequest(kind, of: instruments, timeframe: timeframe, range: range)
    }
}

extension RouteReply {
    /// The instruments of a request of which it has no event.
    func lacking(_ request: FetchRequest) -> [InstrumentReference] {
        guard request.instruments.count > 1 else { return [] }
        var given: Set<InstrumentID> = []
        reply.batch.forEach { _, _, instrument in given.insert(instrument) }
        return request.instruments.filter { !given.contains($0.id) }
    }

    /// That whoever gave it lacks some of what was asked for.
    fileprivate func lack(_ rest: FetchRequest) -> Attempt {
        let names = rest.instruments.prefix(5).map(\.instrument.description).joined(separator: ", ")
        let more = rest.instruments.count > 5 ? " and \(rest.instruments.count - 5) more" : ""
        let fault = PluginError(.noData, "provider/\(source): has nothing of \(names)\(more).")
        return Attempt(provider: source, fault: fault, span: .zero)
    }

    /// Adds the events of another answer, which is about other instruments.
    fileprivate mutating func add(_ other: RouteReply) {
        let places = { (reply: RouteReply) in
            reply.sources.isEmpty ? Array(repeating: reply.source, count: reply.reply.batch.count) : reply.sources
        }
        sources = places(self) + places(other)
        reply.batch = reply.batch.edited(by: Joining(batches: [reply.batch, other.reply.batch]))
        reply.defects += other.reply.defects
        conflicts += other.conflicts
    }
}
