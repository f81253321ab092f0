import CProcessLauncher
import Glibc
import PluginKit
import StdioProtocol
import Synchronization

extension ChildProcess {
    /// Starts the thread, which starts the process. Faults of the start end the calls, like any other end.
    func start(_ command: ProcessCommand) {
        _ = Self.ignoresBrokenPipes
        let box = Unmanaged.passRetained(Task(child: self, command: command))
        var thread = pthread_t()
        let fault = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let task = Unmanaged<Task>.fromOpaque(raw).takeRetainedValue()
                task.child.main(task.command)
                return nil
            }, box.toOpaque())
        guard fault == 0 else {
            box.release()
            return finish(PluginError(.environment, "\(owner): the system has no thread for its process."))
        }
        pthread_detach(thread)
    }

    private final class Task {
        let child: ChildProcess
        let command: ProcessCommand

        init(child: ChildProcess, command: ProcessCommand) {
            self.child = child
            self.command = command
        }
    }

    private static let ignoresBrokenPipes: Bool = {
        signal(SIGPIPE, SIG_IGN)
        return true
    }()

    private func main(_ command: ProcessCommand) {
        do {
            let start = try ProcessStart(command, owner: owner)
            state.withLock { state in
                state.input = ChildInput(start.input)
                state.process = start.process
            }
            write()
            if command.restrictsFiles, start.landlock == 0 {
                hooks.log(.info, "file rules are not enforced: the kernel has no Landlock", [:])
            }
            var loop = ChildLoop(start, command, mask: mask)
            var reason = loop.run(self)
            let end = loop.end()
            closeInput()
            if reason.isEmpty { reason = Self.words(end, command) }
            let said = loop.lastWords.isEmpty ? "" : " It said: \(PluginError.quoted(loop.lastWords))."
            finish(PluginError(.transient, "\(owner): \(reason).\(said)\(Self.remedy(loop.lastWords))"))
        } catch {
            finish(error)
        }
    }

    /// Ends every call and reports once.
    private func finish(_ fault: PluginError) {
        let error = mask.hide(fault)
        let (pending, atEnd, isStopping) = state.withLock { state in
            let pending = state.pending.values.map(\.complete)
            defer { state.atEnd = [] }
            state.pending = [:]
            state.end = error
            state.outgoing = []
            return (pending, state.atEnd, state.isStopping)
        }
        if !isStopping { hooks.ended(error) }
        for complete in pending { complete(.failure(error)) }
        for call in atEnd { call() }
    }

    /// What to do about a package of Python that is not there; empty for other last words.
    private static func remedy(_ lastWords: String) -> String {
        guard lastWords.contains("ModuleNotFoundError: ") else { return "" }
        return
            " Name the package in \(requirements) in the plugin's folder and run `penstock plugins install` again, or in "
            + "that folder `python3 -m venv .venv && .venv/bin/pip install --requirement \(requirements)`."
    }

    private static let requirements = "requirements.txt"

    private static func words(_ end: penstock_end, _ command: ProcessCommand) -> String {
        if end.was_too_many != 0 { return "it was more than the \(command.processes) processes allowed" }
        if end.was_too_large != 0 {
            return "its processes together used more than the \(command.memoryBytes >> 20) MiB of memory allowed"
        }
        if end.was_too_long != 0 {
            return "its processes together used more than the \(command.cpuSeconds) s of processor time allowed"
        }
        if end.was_left != 0 { return "the process between it and the host was ended; children of it may be left" }
        let signal = end.status & 0x7F
        return signal == 0
            ? "the process exited with status \(end.status >> 8 & 0xFF)" : "the process was ended by signal \(signal)"
    }

    /// Handles a message; returns what breaks the protocol.
    func handle(_ message: Message) -> String? {
        switch message.type {
        case "result", "error", "hello": return answer(message)
        case "batch", "progress":
            let event = state.withLock { $0.pending[message.id]?.event }
            return event?(message) ?? (message.id <= state.withLock { $0.lastID } ? nil : "a batch answers no request")
        case "metric":
            if let name = message.body["name"]?.text, let value = message.body["value"]?.number {
                hooks.metric(String(name.prefix(100)), value)
            }
            return nil
        case "publish":
            let text = message.body["text"]?.text ?? ""
            hooks.publish(message.body["channel"]?.text ?? "", message.body["topic"]?.text, Array(text.utf8))
            return nil
        default: return "a message has the unknown type \(PluginError.quoted(message.type))"
        }
    }

    private func answer(_ message: Message) -> String? {
        let (pending, last, wasForgotten) = state.withLock { state in
            let pending = state.pending.removeValue(forKey: message.id)
            return (pending, state.lastID, pending == nil && state.forgotten.remove(message.id) != nil)
        }
        guard let pending else {
            if message.id > last { return "an answer has the id \(message.id); the last request has \(last)" }
            return wasForgotten ? nil : "the request \(message.id) was answered twice"
        }
        if message.type == "hello", pending.type != "hello" { return "'hello' answers '\(pending.type)'" }
        if pending.isLate { hooks.late(nil) }
        guard message.type == "error" else {
            pending.complete(.success(message))
            return nil
        }
        pending.complete(.failure(PluginError(reported: message, owner: owner)))
        return nil
    }

    /// Whether a call is past its deadline: says which.
    func overdue(_ now: ContinuousClock.Instant) -> String? {
        state.withLock { state in
            state.pending.values.first { $0.deadline < now }.map { "'\($0.type)' was not answered in time" }
        }
    }
}
