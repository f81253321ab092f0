import FileOutput
import Glibc
import HostCore
package import PluginKit
import Synchronization

/// Byte strings that wait on disk, in files of one folder that are removed once they were read; for the life of a process.
///
/// Each string stands after its length and a digest, so that what the disk changed is found. What an earlier process left in the folder is removed.
package final class SpillFolder: SpillFile {
    private struct State {
        var descriptors: [(number: Int, file: Int32, size: Int)] = []
        var nextNumber = 0
        /// Where the next string begins in the first file.
        var offset = 0
        /// Bytes that wait.
        var waiting = 0
        var isClean = false
    }

    /// Length above which a file is closed and another begun.
    private static let fileSize = 8 << 20
    /// Bytes before a string: its length, its digest.
    private static let headSize = 8 + 32

    private let path: String
    private let state = Mutex(State())

    /// Prepares a folder; it is made with the first string.
    package init(path: String) { self.path = path }

    deinit { clear() }

    /// Puts bytes at the end; `false` where all that wait would be more than `limit` bytes.
    package func append(_ bytes: [UInt8], limit: Int) throws(PluginError) -> Bool {
        try state.withLock { state throws(PluginError) in
            let (size, overflows) = (bytes.count + Self.headSize).addingReportingOverflow(state.waiting)
            guard !overflows, size <= limit else { return false }
            let last = try openLast(&state)
            var record = withUnsafeBytes(of: UInt64(bytes.count)) { Array($0) }
            record += Array(StableDigest.of(bytes).utf8)
            record += bytes
            let outcome = DescriptorWriter.write(record, to: last.file)
            guard outcome.fault == 0 else {
                _ = ftruncate(last.file, off_t(last.size))
                throw SystemFault.error(outcome.fault, who: "spill", action: "written", path: path)
            }
            state.descriptors[state.descriptors.count - 1].size += record.count
            state.waiting = size
            return true
        }
    }

    /// Takes out the bytes at the front; `nil` where nothing waits.
    package func next() throws(PluginError) -> [UInt8]? {
        try state.withLock { state throws(PluginError) in
            guard state.waiting > 0, let first = state.descriptors.first else { return nil }
            let head = try read(first.file, at: state.offset, count: Self.headSize)
            let count = head.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
            guard count <= UInt64(first.size - state.offset - Self.headSize) else { throw damaged }
            let bytes = try read(first.file, at: state.offset + Self.headSize, count: Int(count))
            guard head[8...].elementsEqual(StableDigest.of(bytes).utf8) else { throw damaged }
            state.offset += bytes.count + Self.headSize
            state.waiting -= bytes.count + Self.headSize
            if state.offset >= first.size { remove(&state) }
            return bytes
        }
    }

    /// Forgets everything that waits.
    package func clear() {
        state.withLock { state in
            while !state.descriptors.isEmpty { remove(&state) }
            state.waiting = 0
        }
    }

    private func openLast(_ state: inout State) throws(PluginError) -> (number: Int, file: Int32, size: Int) {
        if let last = state.descriptors.last, last.size < Self.fileSize { return last }
        if !state.isClean {
            try FilePaths.makeFolder(path, who: "spill")
            FilePaths.removeFiles(in: path)
            state.isClean = true
        }
        let name = "\(path)/\(state.nextNumber)"
        let file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw SystemFault.error(errno, who: "spill", action: "opened", path: name) }
        state.descriptors.append((state.nextNumber, file, 0))
        state.nextNumber += 1
        return state.descriptors[state.descriptors.count - 1]
    }

    /// Removes the first file.
    private func remove(_ state: inout State) {
        let first = state.descriptors.removeFirst()
        close(first.file)
        unlink("\(path)/\(first.number)")
        state.offset = 0
    }

    private func read(_ file: Int32, at offset: Int, count: Int) throws(PluginError) -> [UInt8] {
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            while done < count, let base = buffer.baseAddress {
                let got = pread(file, base + done, count - done, off_t(offset + done))
                if got < 0, errno == EINTR { continue }
                guard got > 0 else { return }
                done += got
            }
        }
        guard bytes.count == count else { throw damaged }
        return bytes
    }

    private var damaged: PluginError {
        PluginError(
            .corrupted,
            "spill: what waits in \(PluginError.quoted(path)) is not what was written there; the next run delivers it from "
                + "the store. Look at the system log (dmesg) and the disk.")
    }
}
