import Glibc

/// What this process holds: the one place of the kit that asks the operating system, because a leak shows nowhere else.
struct ProcessResources {
    /// Open files, pipes and sockets.
    let descriptors: Int
    /// Threads.
    let threads: Int

    /// Counts now; `nil` where the system does not say.
    static var current: ProcessResources? {
        guard let descriptors = entries("/proc/self/fd"), let threads = entries("/proc/self/task") else { return nil }
        return ProcessResources(descriptors: descriptors, threads: threads)
    }

    private static func entries(_ path: String) -> Int? {
        guard let folder = opendir(path) else { return nil }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        return count
    }
}
