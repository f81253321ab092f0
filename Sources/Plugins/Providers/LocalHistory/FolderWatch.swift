import Glibc

/// Notices what happens in some folders, by inotify; a look never waits.
///
/// One descriptor and a watch for each folder, whatever the number of files. What a symbolic link points to elsewhere is
/// not noticed.
final class FolderWatch {
    /// What happened since the last look.
    struct Changes {
        /// Files that were written, put there or taken away.
        var files: Set<String> = []
        /// Whether the system could not keep all it noticed: anything may have changed.
        var isIncomplete = false
        var isEmpty: Bool { files.isEmpty && !isIncomplete }
    }

    private let descriptor: Int32
    private var folders: [Int32: String] = [:]

    /// Watches folders; `nil`, with the reason in `errno`, where the system gives no watch.
    init?(_ paths: Set<String>) {
        descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let events = UInt32(IN_MODIFY) | UInt32(IN_CLOSE_WRITE) | UInt32(IN_CREATE) | UInt32(IN_DELETE)
        let moves = UInt32(IN_MOVED_TO) | UInt32(IN_MOVED_FROM)
        for path in paths {
            let watch = inotify_add_watch(descriptor, path, events | moves)
            guard watch >= 0 else {
                close(descriptor)
                return nil
            }
            folders[watch] = path
        }
    }

    deinit { close(descriptor) }

    /// Returns what happened since the last look.
    func changes() -> Changes {
        var changes = Changes()
        var room = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = room.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return changes }
            room.withUnsafeBytes { note(UnsafeRawBufferPointer(rebasing: $0[..<count]), &changes) }
        }
    }

    /// Reads the kernel's records: a head of 16 bytes, then a name of the length the head says, filled up with zeros.
    private func note(_ bytes: UnsafeRawBufferPointer, _ changes: inout Changes) {
        let head = MemoryLayout<inotify_event>.size
        var position = 0
        while position + head <= bytes.count {
            let event = bytes.loadUnaligned(fromByteOffset: position, as: inotify_event.self)
            let start = position + head
            let end = min(start + Int(event.len), bytes.count)
            position = end
            if event.mask & UInt32(IN_Q_OVERFLOW) != 0 { changes.isIncomplete = true }
            guard let folder = folders[event.wd], end > start else { continue }
            changes.files.insert("\(folder)/\(String(decoding: bytes[start..<end].prefix { $0 != 0 }, as: UTF8.self))")
        }
    }
}
