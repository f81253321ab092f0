import Glibc
import Testing

/// A `penstock` process of the test's own; its output goes to files, so that no pipe can fill up.
final class Child: Sendable {
    /// The process.
    let pid: pid_t
    private let output: String
    private let errors: String
    private let end = ExitStatus()

    /// Starts the built program, or another one, in a folder, on all cores or one.
    init(
        _ arguments: [String], folder: String, number: Int, environment: [String: String] = [:],
        onOneCore: Bool = false,
        program: String = Program.path
    ) throws {
        output = "\(folder)/.out-\(number)"
        errors = "\(folder)/.err-\(number)"
        // The shell only goes to the folder: with `exec` the program takes its place and its number.
        let pinned = onOneCore ? ["taskset", "-c", Program.firstCore] : []
        let words = ["sh", "-c", "cd \"$0\" && exec \"$@\"", folder] + pinned + [program] + arguments
        pid = try Self.spawn(words, output, errors, environment)
    }

    deinit {
        guard end.value == nil else { return }
        kill(pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
    }

    /// What it has written to standard output so far.
    var out: String { Files.text(output) }

    /// What it has written to standard error so far.
    var err: String { Files.text(errors) }

    /// Sends a signal.
    func signal(_ number: Int32) { kill(pid, number) }

    /// Waits for its end and returns the exit code, or minus the signal that ended it.
    @discardableResult
    func exitCode(within span: Duration = .seconds(600)) async throws -> Int32 {
        try await eventually("the process ends", within: span, or: { self.trace }) { self.poll() }
    }

    /// Waits until standard output holds a text.
    func waits(for text: String, within span: Duration = .seconds(600)) async throws {
        try await eventually("the output holds '\(text)'", within: span, or: { self.trace }) {
            try self.out.contains(text) ? () : self.checkRunning()
        }
    }

    /// Waits for the gateway and returns its port.
    func port() async throws -> UInt16 {
        try await eventually("the gateway listens", or: { self.trace }) {
            guard let place = self.out.firstRange(of: "http://127.0.0.1:") else { return try self.checkRunning() }
            let digits = self.out[place.upperBound...].prefix { $0.isNumber }
            return UInt16(digits)
        }
    }

    /// Everything it has written, for the message of a failed wait.
    var trace: String { "\n--- out\n\(out.suffix(2_000))\n--- err\n\(err.suffix(2_000))" }

    private func checkRunning<Value>() throws -> Value? {
        guard let code = poll() else { return nil }
        throw Failure("it ended with \(code) before that\(trace)")
    }

    private func poll() -> Int32? {
        end.poll { () -> Int32? in
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let signal = status & 0x7F
            return signal == 0 ? (status >> 8) & 0xFF : -signal
        }
    }

    private static func spawn(
        _ arguments: [String], _ output: String, _ errors: String, _ added: [String: String]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        let words = arguments.map { strdup($0) } + [nil]
        let variables = environment(adding: added).map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var pid: pid_t = 0
        let fault = posix_spawnp(&pid, "sh", &actions, nil, words, variables)
        guard fault == 0 else { throw Failure("no program can be started: \(String(cString: strerror(fault)))") }
        return pid
    }

    private static func environment(adding added: [String: String]) -> [String] {
        var all: [String] = []
        var entry = environ
        while let text = entry.pointee.map({ String(cString: $0) }) {
            all.append(text)
            entry += 1
        }
        return all + added.map { "\($0.key)=\($0.value)" }
    }
}
