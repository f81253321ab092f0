import Glibc
import StdioProtocol

/// How to start a plugin's program and what it may do.
package struct ProcessCommand: Sendable {
    /// The program and its arguments; a name without `/` is looked up in `PATH` of `environment`.
    package var arguments: [String]
    /// The plugin's folder; the program starts there.
    package var directory: String
    /// Variables the manifest grants, beside the fixed few of `scrubbedEnvironment`.
    package var environment: [String: String]
    /// Folder for the plugin's own files: the only one it may write.
    package var stateDirectory: String
    /// Files and folders it may read beside the system's and its own.
    package var readable: [String]
    /// Files and folders it may write beside its state.
    package var writable: [String]
    /// Folders it must not read though they lie in what it may read; its own in them, and what it may write, stay open.
    package var hidden: [String]
    /// Whether it may open internet sockets. Single hosts cannot be told apart by the system.
    package var allowsNetwork: Bool
    /// Whether file rules are set where the kernel has them.
    package var restrictsFiles: Bool
    /// Address space in bytes; 0 for no limit.
    package var memoryBytes: UInt64
    /// Processor seconds over the life of the process; 0 for no limit.
    package var cpuSeconds: UInt64
    /// Open files.
    package var openFiles: UInt64
    /// Processes at once, its own and all it starts; 0 for no limit.
    package var processes: UInt32
    /// Bytes on disk of its state folder.
    package var diskBytes: UInt64

    /// Creates a command with the strictest rules.
    package init(
        arguments: [String], directory: String, stateDirectory: String, environment: [String: String] = [:],
        readable: [String] = [], writable: [String] = [], hidden: [String] = [], allowsNetwork: Bool = false,
        restrictsFiles: Bool = true,
        memoryBytes: UInt64 = 4 << 30, cpuSeconds: UInt64 = 0, openFiles: UInt64 = 256, processes: UInt32 = 64,
        diskBytes: UInt64 = 4 << 30
    ) {
        self.arguments = arguments
        self.directory = directory
        self.stateDirectory = stateDirectory
        self.environment = environment
        self.readable = readable
        self.writable = writable
        self.hidden = hidden
        self.allowsNetwork = allowsNetwork
        self.restrictsFiles = restrictsFiles
        self.memoryBytes = memoryBytes
        self.cpuSeconds = cpuSeconds
        self.openFiles = openFiles
        self.processes = processes
        self.diskBytes = diskBytes
    }

    /// Returns a path that means the same in every working folder.
    package static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        let inner = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return inner.isEmpty || inner == "." ? String(cString: folder) : "\(String(cString: folder))/\(inner)"
    }

    /// Everything the program's environment holds; nothing of the host's own is passed on.
    package var scrubbedEnvironment: [String: String] {
        let fixed = [
            "PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": stateDirectory, "TMPDIR": stateDirectory,
            "PYTHONDONTWRITEBYTECODE": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "JOBLIB_MULTIPROCESSING": "0",
            "PENSTOCK_PROTOCOL": "\(ProtocolLimits.name)/1",
        ]
        return fixed.merging(environment) { _, granted in granted }
    }
}

/// How long the host waits for each answer before it ends the process.
package struct ProcessDeadlines: Sendable {
    /// From start to the end of `configure`.
    package var start: Duration = .seconds(20)
    /// A run of an indicator, a prediction, a state.
    package var call: Duration = .seconds(5)
    /// A fetch, a probe, a write, a load.
    package var exchange: Duration = .seconds(60)
    /// A fit.
    package var fit: Duration = .seconds(3_600)
    /// From the last message of a process that is asked nothing to the `ping` that shows whether it still answers.
    package var heartbeat: Duration = .seconds(10)
    /// From a start to where the fault before it no longer counts as present.
    package var steady: Duration = .seconds(10)
    /// From a call to where it is told that it is not answered; more for calls that may take a minute.
    package var late: Duration = .milliseconds(1_500)
    /// From `stop` to SIGTERM, and from there to SIGKILL.
    package var stop: Duration = .seconds(2)

    /// Creates the usual deadlines.
    package init() {}
}

/// When a process that ended is started again.
package struct RestartPolicy: Sendable {
    /// Wait after the first fault; doubles with each one that follows.
    package var firstDelay: Duration = .milliseconds(200)
    /// Longest wait.
    package var longestDelay: Duration = .seconds(30)
    /// Faults within `window` before the plugin is quarantined.
    package var budget = 5
    /// Span the faults are counted in.
    package var window: Duration = .seconds(300)

    /// Creates the usual policy.
    package init() {}

    /// The wait after some faults in a row, with up to a fifth more or less so that plugins do not restart together.
    func delay(after faults: Int) -> Duration {
        var delay = firstDelay
        for _ in 1..<max(2, min(faults, 20)) where faults > 1 { delay = min(delay * 2, longestDelay) }
        return delay * Double.random(in: 0.8...1.2)
    }
}

/// What the supervisor says about a process plugin.
package enum ProcessState: Sendable, Equatable {
    /// It answers.
    case running(process: Int32)
    /// It has run for `ProcessDeadlines.steady` since its start or its last fault.
    case steady
    /// It runs, but calls of it gave nothing: so many since it last worked; the newest reason.
    case faulty(reason: String, count: Int)
    /// A call of it has gone without an answer for longer than usual.
    case late(reason: String)
    /// That call was answered.
    case answered
    /// It ended; the next call after `delay` starts it again.
    case waiting(reason: String, delay: Duration)
    /// It ended too often and stays off until the instance is made anew.
    case quarantined(reason: String)
    /// It was told to stop.
    case stopped
}
