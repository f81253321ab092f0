import Glibc

/// A file opened in place, to overwrite what others have mapped.
final class OpenFile {
    private let descriptor: Int32

    init?(_ path: String) {
        descriptor = open(path, O_WRONLY | O_CLOEXEC)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    func overwrite(with byte: UInt8, count: Int) {
        let bytes = [UInt8](repeating: byte, count: count)
        pwrite(descriptor, bytes, count, 0)
    }
}
