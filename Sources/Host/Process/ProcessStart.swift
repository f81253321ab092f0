import CProcessLauncher
import Glibc
import PluginKit

/// The host's ends of a running process.
struct ProcessStart {
    let process: Int32
    /// The program with its keeper, which ends with it.
    let child: OpaquePointer
    let input: Int32
    let output: Int32
    let log: Int32
    /// The kernel's version of file rules; 0 where they are not enforced.
    let landlock: Int32

    /// Starts the program; it and all it starts end with the host.
    init(_ command: ProcessCommand, owner: String) throws(PluginError) {
        guard let name = command.arguments.first, let path = Self.find(name, command) else {
            throw PluginError(
                .environment,
                "\(owner): the program \(PluginError.quoted(command.arguments.first ?? "")) is not there. "
                    + "Install it, or correct 'command'.")
        }
        let pipes = [Self.pipe(), Self.pipe(), Self.pipe()]
        defer { for pipe in pipes { Self.close([pipe.child]) } }
        var result = penstock_launched()
        guard let child = Self.start(path, command, streams: pipes.map(\.child), &result) else {
            Self.close(pipes.map(\.host))
            let step = result.step.map { String(cString: $0) } ?? "start"
            throw PluginError(
                .environment,
                "\(owner): the system refused '\(step)' of \(PluginError.quoted(path)): "
                    + "\(String(cString: strerror(result.fault))).")
        }
        process = result.process
        self.child = child
        landlock = result.landlock
        (input, output, log) = (pipes[0].host, pipes[1].host, pipes[2].host)
        for descriptor in [input, output, log] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }

    /// Makes a pipe; the first is the program's input, so its ends are the other way round.
    private static func pipe() -> (host: Int32, child: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends)
        var size: Int32 = 1 << 20
        for end in ends { setsockopt(end, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size)) }
        return (ends[0], ends[1])
    }

    private static func start(
        _ path: String, _ command: ProcessCommand, streams: [Int32], _ result: inout penstock_launched
    ) -> OpaquePointer? {
        // The list of name servers is often a link out of /etc.
        let names = command.allowsNetwork ? [resolved("/etc/resolv.conf")] : []
        let around = systemFolders + interpreterFolders(path) + command.readable + [command.directory]
        let readable =
            outside(command.hidden, around) + (isSwift(path) ? ["/proc"] + swiftRuntime : []) + names
        // Modules beside a program are found by listing its folder, also where that holds what is hidden.
        let listable = [command.directory]
        let writable = ["/dev/null", command.stateDirectory] + command.writable
        let variables = command.scrubbedEnvironment.map { "\($0.key)=\($0.value)" }
        let lists = [command.arguments, variables, readable, writable, listable].map { CStrings($0) }
        defer { for list in lists { list.free() } }
        return path.withCString { path in
            command.directory.withCString { directory in
                var launch = penstock_launch()
                launch.path = path
                launch.directory = directory
                launch.arguments = UnsafePointer(lists[0].pointer)
                launch.environment = UnsafePointer(lists[1].pointer)
                launch.readable = UnsafePointer(lists[2].pointer)
                launch.writable = UnsafePointer(lists[3].pointer)
                launch.listable = UnsafePointer(lists[4].pointer)
                (launch.standard_input, launch.standard_output) = (streams[0], streams[1])
                launch.standard_error = streams[2]
                launch.memory_bytes = command.memoryBytes
                launch.cpu_seconds = command.cpuSeconds
                launch.open_files = command.openFiles
                launch.processes = command.processes
                launch.restricts_files = command.restrictsFiles ? 1 : 0
                launch.denies_network = command.allowsNetwork ? 0 : 1
                return penstock_start(&launch, &result)
            }
        }
    }

    private static let systemFolders = [
        "/usr", "/bin", "/sbin", "/lib", "/lib64", "/etc", "/opt", "/dev/null", "/dev/urandom", "/dev/zero",
        "/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu",
    ]

    private static func outside(_ hidden: [String], _ paths: [String]) -> [String] {
        hidden.reduce(paths) { HiddenFolder($1).cut(outOf: $0) }
    }

    /// Whether a program is one in Swift: its thread pool reads `/proc/<thread>/stat` and ends the program where it cannot.
    ///
    /// Environment, memory and files of other processes stay closed: the kernel's file rules forbid what is like tracing.
    private static func isSwift(_ path: String) -> Bool { penstock_file_holds(path, "libswiftCore.so") != 0 }

    /// Where the Swift libraries of this host are: a plugin in Swift opens the same ones, wherever the toolchain is.
    private static let swiftRuntime: [String] = {
        guard let name = penstock_library_of("swift_retain") else { return [] }
        let parts = resolved(String(cString: name)).split(separator: "/").dropLast()
        return parts.isEmpty ? [] : ["/" + parts.joined(separator: "/")]
    }()

    /// The installation a program belongs to: `bin/python3` needs the `lib` beside `bin`, behind links too.
    private static func interpreterFolders(_ path: String) -> [String] {
        var folders: [String] = []
        for place in [path, resolved(path)] {
            let parts = place.split(separator: "/")
            if parts.count > 2 { folders.append("/" + parts.dropLast(2).joined(separator: "/")) }
            folders.append(place)
        }
        return folders
    }

    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    private static func find(_ name: String, _ command: ProcessCommand) -> String? {
        if name.hasPrefix("/") { return access(name, X_OK) == 0 ? name : nil }
        let folders =
            name.contains("/")
            ? [command.directory]
            : (command.scrubbedEnvironment["PATH"] ?? "").split(separator: ":").map(String.init)
        return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    static func close(_ descriptors: [Int32]) {
        for descriptor in descriptors where descriptor >= 0 { Glibc.close(descriptor) }
    }
}

/// A list of C texts that ends with a null pointer, as `execve` takes it; freed by hand after the call.
private struct CStrings {
    let pointer: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private let count: Int

    init(_ texts: [String]) {
        count = texts.count
        pointer = .allocate(capacity: count + 1)
        for (index, text) in texts.enumerated() { (pointer + index).initialize(to: strdup(text)) }
        (pointer + count).initialize(to: nil)
    }

    func free() {
        for index in 0..<count { Glibc.free(pointer[index]) }
        pointer.deallocate()
    }
}
