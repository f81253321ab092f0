import Glibc
import PluginKit

/// Runs a program of the system (`tar`, `git`, `python3`, `gnuplot`) to its end, without a shell.
package struct ChildCommand {
    private let program: String
    private let arguments: [String]
    private let seconds: Int
    private let outputLimit: Int
    private let isSecret: Bool

    /// Creates a command.
    ///
    /// - Parameters:
    ///   - program: the program's name, found in PATH.
    ///   - arguments: its arguments.
    ///   - seconds: after how many it is killed.
    ///   - outputLimit: most bytes of its output that are kept; more of it is a fault.
    ///   - isSecret: whether it writes a secret: then no fault quotes what it wrote, only its standard output counts, and it has the
    ///     environment of this process.
    package init(
        program: String, arguments: [String], seconds: Int = 60, outputLimit: Int = 4 << 20, isSecret: Bool = false
    ) {
        self.isSecret = isSecret
        (self.program, self.arguments) = (program, arguments)
        (self.seconds, self.outputLimit) = (seconds, outputLimit)
    }

    /// Returns the output; throws where the program is missing, fails, writes too much or takes too long.
    ///
    /// - Parameter line: receives each line while it is written.
    package func run(line: (String) -> Void = { _ in }) throws(PluginFault) -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw fault("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let spawned = spawn(output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        let child = try spawned.get()
        let (output, problem) = collect(ends[0], line)
        if problem != nil { kill(child, SIGKILL) }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        if let problem { throw fault(problem) }
        guard status == 0 else {
            let code = status & 0x7F == 0 ? "exit code \((status >> 8) & 0xFF)" : "signal \(status & 0x7F)"
            throw fault(isSecret ? code : "\(code): \(PluginError.quoted(output.suffix(300)))")
        }
        return output
    }

    private func spawn(output: Int32) -> Result<pid_t, PluginFault> {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        if isSecret {
            posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        } else {
            posix_spawn_file_actions_adddup2(&actions, output, 2)
        }
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] =
            (isSecret ? Self.wholeEnvironment : Self.environment).map { strdup($0) } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        var child: pid_t = 0
        let code = posix_spawnp(&child, program, &actions, nil, &words, &variables)
        guard code == 0 else {
            return .failure(fault("\(String(cString: strerror(code))). Install '\(program)'"))
        }
        return .success(child)
    }

    /// What the program may know: where programs and the user's files are, and that nobody answers questions.
    private static var environment: [String] {
        let passed = [
            "PATH", "HOME", "LANG", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "HTTPS_PROXY", "PIP_INDEX_URL",
        ]
        let values = passed.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
        return values + ["LC_ALL=C", "GIT_TERMINAL_PROMPT=0", "PIP_NO_INPUT=1", "PIP_DISABLE_PIP_VERSION_CHECK=1"]
    }

    private static var wholeEnvironment: [String] {
        var (texts, entry): ([String], _) = ([], environ)
        while let text = entry.pointee {
            texts.append(String(cString: text))
            entry += 1
        }
        return texts
    }

    private func collect(_ descriptor: Int32, _ line: (String) -> Void) -> (String, String?) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var output: [UInt8] = []
        var pending: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16_384)
        while true {
            let left = (deadline - .now).components.seconds
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = left > 0 ? poll(&entry, 1, Int32(left) * 1_000) : 0
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { return (text(output), "it took more than \(seconds) s and was ended") }
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return (text(output), nil) }
            output += chunk[..<count]
            guard output.count <= outputLimit else { return ("", "it wrote more than \(outputLimit) bytes") }
            pending += chunk[..<count]
            while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
                line(text(Array(pending[..<end])))
                pending.removeSubrange(...end)
            }
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func fault(_ reason: String) -> PluginFault {
        PluginFault(.command, "\(program) \(arguments.first ?? ""): \(reason). Run it by hand to see more.")
    }
}
