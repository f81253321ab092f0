import PluginKit
import StdioProtocol
import Synchronization

private let lastLearnerID = Atomic<Int64>(0)

/// One learner in the plugin's process; belongs to one value of `ProcessLearner`.
final class LearnerSlot: Sendable {
    private struct Content {
        /// Its number in the process; one seen first means a learner that begins with the fit.
        var id = lastLearnerID.add(1, ordering: .relaxed).newValue
        /// The start of the process that has all it was taught; 0 for none.
        var generation = 0
        /// The start of the process that was told the number.
        var placed = 0
        var taught: TaughtLabels
    }

    let fit: ProcessPredictor
    private let content: Exclusive<Content>
    private var session: ProcessSession { fit.session }
    private var owner: String { session.setup.owner }

    init(_ fit: ProcessPredictor, _ taught: TaughtLabels = TaughtLabels()) {
        self.fit = fit
        content = Exclusive(Content(taught: taught))
    }

    deinit {
        let content = content.take()
        guard content.placed > 0, let live = session.running, live.generation == content.placed else { return }
        live.child.tell("drop", ["learner": .integer(content.id)])
    }

    /// What it was taught so far.
    var taught: TaughtLabels { content.use { $0.taught } }

    /// Brings what it was taught into the process; throws where that does not take it.
    func install() throws(PluginError) {
        try content.use { content throws(PluginError) in _ = try install(&content) }
    }

    /// Predicts one row; where the process is away it is waited for, twice as long as a call may take.
    func predict(_ row: Span<Double>, outputCount: Int) throws(PluginError) -> Message {
        let shape = TensorShape(batch: 1, features: row.count)
        // Checked before anything is sent; its number may change while the process comes back.
        _ = try fit.block(row, shape, outputCount)
        var content = content.take()
        defer { self.content.put(content) }
        let deadline = deadline
        while true {
            do {
                let live = try install(&content)
                let block = try fit.block(row, shape, outputCount, learner: content.id)
                return try live.child.call(
                    "predict", block.body, frames: [block.frame], within: session.setup.deadlines.call)
            } catch {
                guard session.waitsForStart(until: deadline) else { throw error }
            }
        }
    }

    /// Learns a label, now or, where the process is away, when it is back. A label under which the process ends twice is not
    /// learned, nor is one that the plugin refuses.
    func learn(_ row: [Double], _ label: Double) throws(PluginError) {
        var content = content.take()
        defer { self.content.put(content) }
        let deadline = deadline
        var hasEnded = false
        while true {
            let live = try arrive(&content, until: deadline)
            guard content.taught.labels.count < LearnerLimits.journal else { throw full }
            guard let live else { return content.taught.append(row, label) }
            do {
                try teach(content.id, TaughtLabels.frames(row, [label]), live.child)
                content.taught.append(row, label)
                return settle(&content, live.child)
            } catch {
                // What the process made of it is unknown: the next call starts from what is known.
                content.generation = 0
                guard !hasEnded, session.running?.generation != live.generation else { throw error }
                hasEnded = true
            }
        }
    }

    private var deadline: ContinuousClock.Instant {
        ChildProcess.clock.now + session.setup.deadlines.call * 2
    }
}

extension LearnerSlot {
    /// The running process with all this was taught in it; `nil` where it stays away, throws where it is there and refuses.
    private func arrive(
        _ content: inout Content, until deadline: ContinuousClock.Instant
    ) throws(PluginError) -> ProcessSession.Live? {
        while true {
            do {
                return try install(&content)
            } catch {
                if session.waitsForStart(until: deadline) { continue }
                guard session.running == nil else { throw error }
                return nil
            }
        }
    }

    /// Makes sure that the running process has all this was taught.
    private func install(_ content: inout Content) throws(PluginError) -> ProcessSession.Live {
        let live = try fit.current()
        guard content.generation != live.generation else { return live }
        if content.placed == live.generation {
            live.child.tell("drop", ["learner": .integer(content.id)])
            content.id = lastLearnerID.add(1, ordering: .relaxed).newValue
        }
        content.placed = live.generation
        if let state = content.taught.state {
            _ = try live.child.call(
                "restore", body(content.id), frames: [.bytes(state)], within: session.setup.deadlines.call)
        }
        if !content.taught.labels.isEmpty { try teach(content.id, content.taught.frames, live.child) }
        content.generation = live.generation
        return live
    }

    /// Lets the process learn labels; throws why it refused the first one it did not learn.
    private func teach(_ id: Int64, _ frames: [Frame], _ child: ChildProcess) throws(PluginError) {
        let answer = try child.call("learn", body(id), frames: frames, within: session.setup.deadlines.call)
        if let refusal = answer.body["refused"]?.array?.first?.object {
            throw PluginError(reported: Message("error", refusal), owner: owner)
        }
    }

    /// Asks for the state now and then, so that few labels have to be taught again. One that is not given is asked for later.
    private func settle(_ content: inout Content, _ child: ChildProcess) {
        guard content.taught.isDue else { return }
        let answer = try? child.call("checkpoint", body(content.id), within: session.setup.deadlines.call)
        if let bytes = try? answer?.bytes(), bytes.count <= LearnerLimits.bytes { content.taught.settle(bytes) }
    }

    private var full: PluginError {
        PluginError(
            .transient,
            "\(owner): \(LearnerLimits.journal) labels of an instrument are in no state that its process gave; later ones are not "
                + "learned. Correct the plugin, then enable it again.")
    }

    private func body(_ id: Int64) -> [String: JSONValue] { ["predictor": .integer(fit.id), "learner": .integer(id)] }
}
