import PluginKit
import StdioProtocol

/// States that are worked on together: one message carries the runs of many instruments.
///
/// Events that the plugin reports a fault for are refused one by one, with no values, and leave no trace in their state.
struct StateBatch<Event: MarketEvent> {
    /// A run of events for one of the states.
    struct Job {
        let state: Int
        let events: [Event]
    }

    /// What became of a run.
    enum Outcome {
        case done(values: [Double], refused: Set<Int>)
        /// The process is away; it gets the events later.
        case away

        var isAway: Bool { if case .away = self { true } else { false } }
    }

    private let session: ProcessSession
    private let width: Int
    private(set) var contents: [StateContent<Event>]

    init(_ session: ProcessSession, width: Int, _ contents: [StateContent<Event>]) {
        self.session = session
        self.width = width
        self.contents = contents
    }

    /// Runs events, at most one job a state; the outcomes stand in the order of the jobs.
    ///
    /// Where the process is away it is waited for, twice as long as a call may take.
    mutating func run(_ jobs: [Job]) -> [Outcome] {
        let deadline = ChildProcess.clock.now + session.setup.deadlines.call * 2
        var outcomes = attempt(jobs)
        while true {
            let away = jobs.indices.filter { outcomes[$0].isAway && !contents[jobs[$0].state].isLost }
            guard !away.isEmpty, session.waitsForStart(until: deadline) else { break }
            for (place, outcome) in zip(away, attempt(away.map { jobs[$0] })) { outcomes[place] = outcome }
        }
        for (place, job) in jobs.enumerated() where outcomes[place].isAway {
            contents[job.state].journal += job.events
        }
        save(jobs.map(\.state).filter { contents[$0].journal.count >= StateLimits.saveEvery })
        for job in jobs { contents[job.state].limitJournal() }
        return outcomes
    }

    /// Runs events once; those of states that are away are not remembered.
    private mutating func attempt(_ jobs: [Job]) -> [Outcome] {
        let ready = prepare(jobs.map(\.state))
        var outcomes = [Outcome](repeating: .away, count: jobs.count)
        let there = jobs.indices.filter { ready.contains(jobs[$0].state) }
        for group in Self.packed(there, { jobs[$0].events.count }) {
            let made = run(together: group.map { jobs[$0] })
            for (place, outcome) in zip(group, made) { outcomes[place] = outcome }
        }
        return outcomes
    }

    /// Runs jobs whose states are in the process, with one message.
    private mutating func run(together jobs: [Job]) -> [Outcome] {
        do throws(PluginError) {
            let answer = try send(jobs)
            var start = 0
            var outcomes: [Outcome] = []
            for job in jobs {
                let rows = start..<start + job.events.count
                start = rows.upperBound
                if let fault = answer.faults[contents[job.state].id] {
                    outcomes.append(faulty(job, fault))
                    continue
                }
                session.worked(contents[job.state].key)
                outcomes.append(
                    finish(
                        job, values: Array(answer.values[rows.lowerBound * width..<rows.upperBound * width]),
                        refused: Set(answer.refused.filter(rows.contains).map { $0 - rows.lowerBound })))
            }
            return outcomes
        } catch {
            // What the process made of these events is unknown: the next run starts from the saved states.
            let isThere = session.running?.generation == contents[jobs[0].state].generation
            guard isThere else {
                for job in jobs { contents[job.state].generation = 0 }
                return jobs.map { _ in .away }
            }
            guard jobs.count > 1 else { return [faulty(jobs[0], error)] }
            for job in jobs { contents[job.state].generation = 0 }
            return jobs.map { attempt([$0])[0] }
        }
    }

    /// Offers events that gave a fault one by one; a single one is refused.
    private mutating func faulty(_ job: Job, _ fault: PluginError) -> Outcome {
        contents[job.state].generation = 0
        let nothing = [Double](repeating: .nan, count: width)
        guard job.events.count > 1 else {
            session.failed(contents[job.state].key, fault)
            return .done(values: nothing, refused: [0])
        }
        var values: [Double] = []
        var refused: Set<Int> = []
        for (row, event) in job.events.enumerated() {
            switch attempt([Job(state: job.state, events: [event])])[0] {
            case .done(let made, let isRefused):
                values += made
                if !isRefused.isEmpty { refused.insert(row) }
            case .away:
                contents[job.state].journal.append(event)
                values += nothing
            }
        }
        return .done(values: values, refused: refused)
    }

    /// Remembers events the process took.
    private mutating func finish(_ job: Job, values: [Double], refused: Set<Int>) -> Outcome {
        contents[job.state].journal += job.events
        return .done(values: values, refused: refused)
    }
}

// Bringing states into the process and out of it.
extension StateBatch {
    /// Makes sure that the running process has these states; returns those it has. Others are told.
    mutating func prepare(_ states: [Int]) -> Set<Int> {
        let usable = states.filter { !contents[$0].isLost }
        let live: ProcessSession.Live
        do throws(PluginError) { live = try session.live() } catch { return [] }
        var ready = Set(usable.filter { contents[$0].generation == live.generation })
        let missing = usable.filter { !ready.contains($0) }
        guard !missing.isEmpty else { return ready }
        do throws(PluginError) {
            try install(missing, live)
            ready.formUnion(missing)
        } catch {
            guard session.running?.generation == live.generation else { return ready }
            if missing.count == 1 { session.failed(contents[missing[0]].key, error) }
            // One of them may be at fault.
            if missing.count > 1 { for state in missing { ready.formUnion(prepare([state])) } }
        }
        return ready
    }

    /// Restores saved states and plays the events since then.
    mutating func install(_ states: [Int], _ live: ProcessSession.Live) throws(PluginError) {
        renumber(states, live)
        let saved = states.filter { !contents[$0].snapshot.isEmpty }
        for group in Self.packed(saved, { _ in 1 }) { try restore(group, live.child) }
        for start in stride(
            from: 0, to: states.map { contents[$0].journal.count }.max() ?? 0, by: StateLimits.saveEvery)
        {
            let late = states.filter { contents[$0].journal.count > start }
            let count = { (content: StateContent<Event>) in min(StateLimits.saveEvery, content.journal.count - start) }
            for group in Self.packed(late, { count(contents[$0]) }) {
                let jobs = group.map { state in
                    Job(
                        state: state,
                        events: Array(contents[state].journal[start..<start + count(contents[state])]))
                }
                if let fault = try send(jobs, live.child).faults.first?.value { throw fault }
            }
        }
        for state in states { contents[state].generation = live.generation }
    }

    /// Saves states; one that cannot be saved is told and keeps its events.
    mutating func save(_ states: [Int]) {
        let there = prepare(states)
        for group in Self.packed(states.filter(there.contains), { _ in 1 }) {
            do throws(PluginError) {
                try save(together: group)
            } catch {
                guard session.running != nil else { return }
                for state in group { session.failed(contents[state].key, error) }
            }
        }
    }

    private mutating func save(together states: [Int]) throws(PluginError) {
        let answer = try session.call(
            "checkpoint", ["states": ids(states)], within: session.setup.deadlines.call)
        let counts = (answer.body["counts"]?.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        guard let bytes = try? answer.bytes(), counts.count == states.count, counts.allSatisfy({ $0 >= 0 }),
            counts.allSatisfy({ $0 <= bytes.count }), counts.reduce(0, +) == bytes.count
        else { throw malformed("a checkpoint was answered without the bytes of each state") }
        var start = 0
        for (state, count) in zip(states, counts) {
            contents[state].snapshot = Array(bytes[start..<start + count])
            contents[state].journal = []
            start += count
        }
    }

    private func restore(_ states: [Int], _ child: ChildProcess) throws(PluginError) {
        let snapshots = states.map { contents[$0].snapshot }
        let body: [String: JSONValue] = [
            "states": ids(states), "counts": .array(snapshots.map { .integer(Int64($0.count)) }),
        ]
        _ = try child.call(
            "restore", body, frames: [.bytes(Array(snapshots.joined()))], within: session.setup.deadlines.call)
    }

    /// Gives states whose number the process knows another one, so that they begin fresh.
    private mutating func renumber(_ states: [Int], _ live: ProcessSession.Live) {
        let known = states.filter { contents[$0].placed == live.generation }
        if !known.isEmpty { live.child.tell("drop", ["states": ids(known)]) }
        for state in known { contents[state].renumber() }
        for state in states { contents[state].placed = live.generation }
    }

    private func ids(_ states: [Int]) -> JSONValue { .array(states.map { .integer(contents[$0].id) }) }

    private func malformed(_ what: String) -> PluginError {
        PluginError(.malformed, "\(session.setup.owner): \(what). See docs/plugin-protocol.md.")
    }

    /// Cuts a list so that no group has more states or rows than a message carries.
    private static func packed(_ items: [Int], _ rows: (Int) -> Int) -> [[Int]] {
        var groups: [[Int]] = []
        var size = 0
        for item in items {
            let count = rows(item)
            if groups.isEmpty || size + count > StateLimits.events
                || groups[groups.count - 1].count == StateLimits.states
            {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(item)
            size += count
        }
        return groups
    }
}

// The message itself.
extension StateBatch {
    private struct Answer {
        let values: [Double]
        let refused: [Int]
        /// By the number of the state.
        let faults: [Int64: PluginError]
    }

    private func send(_ jobs: [Job]) throws(PluginError) -> Answer {
        guard let live = session.running, live.generation == contents[jobs[0].state].generation else {
            throw PluginError(.transient, "\(session.setup.owner): its process has ended.")
        }
        return try send(jobs, live.child)
    }

    private func send(_ jobs: [Job], _ child: ChildProcess) throws(PluginError) -> Answer {
        let body: [String: JSONValue] = [
            "states": ids(jobs.map(\.state)), "counts": .array(jobs.map { .integer(Int64($0.events.count)) }),
        ]
        let events = jobs.count == 1 ? jobs[0].events : Array(jobs.map(\.events).joined())
        let answer = try child.call(
            "run", body, frames: [.events(Event.batch(events))], within: session.setup.deadlines.call)
        guard let matrix = try? answer.matrix(), matrix.rows == events.count, matrix.columns == width || width == 0
        else {
            throw malformed("a run was answered with another shape")
        }
        let refused = (answer.body["refused"]?.array ?? []).compactMap { $0.integer.flatMap(Int.init(exactly:)) }
        return Answer(values: matrix.values, refused: refused, faults: faults(answer))
    }

    private func faults(_ answer: Message) -> [Int64: PluginError] {
        var faults: [Int64: PluginError] = [:]
        for item in answer.body["faults"]?.array ?? [] {
            guard let state = item.object?["state"]?.integer else { continue }
            faults[state] = PluginError(reported: Message("error", item.object ?? [:]), owner: session.setup.owner)
        }
        return faults
    }
}

extension StateContent {
    /// Gives up a state whose process is away for too long.
    fileprivate mutating func limitJournal() {
        guard journal.count > StateLimits.journal else { return }
        isLost = true
        journal = []
    }
}
