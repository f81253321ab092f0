import Glibc

/// What the kernel says about this process.
package struct ProcessFigures: Sendable, Hashable {
    /// Memory in RAM.
    package let residentBytes: Int
    /// Processor time since the start.
    package let cpuSeconds: Double
    /// Open file descriptors.
    package let openFileDescriptors: Int
    /// File descriptors that may be open.
    package let maxFileDescriptors: Int
    /// Threads.
    package let threads: Int

    /// Reads the figures from `/proc/self`; `nil` where there is none.
    package static func current() -> ProcessFigures? {
        guard let stat = text("/proc/self/stat") else { return nil }
        return ProcessFigures(
            stat: stat, pageSize: sysconf(Int32(_SC_PAGESIZE)), ticksPerSecond: sysconf(Int32(_SC_CLK_TCK)),
            openFileDescriptors: entries("/proc/self/fd"), maxFileDescriptors: descriptorLimit)
    }

    /// Reads the line of `/proc/self/stat`; `nil` where it is cut or not such a line.
    ///
    /// The second field is the name in parentheses and may hold anything: fields count from the last `)`.
    init?(
        stat: String, pageSize: Int, ticksPerSecond: Int, openFileDescriptors: Int, maxFileDescriptors: Int
    ) {
        guard let end = stat.lastIndex(of: ")"), ticksPerSecond > 0 else { return nil }
        let fields = stat[stat.index(after: end)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]),
            let threads = Int(fields[17]), let pages = Int(fields[21])
        else { return nil }
        residentBytes = pages * pageSize
        cpuSeconds = Double(user + system) / Double(ticksPerSecond)
        self.openFileDescriptors = openFileDescriptors
        self.maxFileDescriptors = maxFileDescriptors
        self.threads = threads
    }

    private static var descriptorLimit: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 0 }
        return Int(clamping: limit.rlim_cur)
    }

    private static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
    }

    private static func entries(_ path: String) -> Int {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return max(0, count - 3)
    }
}
