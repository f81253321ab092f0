import Glibc

/// Wakes a thread that waits in `poll`: a pipe with nothing but noise in it.
package final class Bell: Sendable {
    /// Becomes readable when the bell is rung.
    package let descriptor: Int32
    private let rope: Int32

    /// Creates a bell; `nil` where the system has no descriptor left.
    package init?() {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        (descriptor, rope) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        close(descriptor)
        close(rope)
    }

    /// Wakes the thread; a full pipe wakes it too.
    package func ring() {
        var byte: UInt8 = 1
        _ = write(rope, &byte, 1)
    }

    /// Takes out what was rung.
    package func clear() {
        var bytes: (UInt64, UInt64) = (0, 0)
        while read(descriptor, &bytes, MemoryLayout.size(ofValue: bytes)) > 0 {}
    }
}
