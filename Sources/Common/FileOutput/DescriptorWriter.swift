import Glibc

/// Writes all of a buffer to a file descriptor.
public enum DescriptorWriter {
    /// How much was written, and the error number that ended it early; 0 where all was written.
    public struct Outcome: Sendable, Equatable {
        /// Bytes written.
        public let written: Int
        /// `errno` of the call that ended it, or 0.
        public let fault: Int32
    }

    /// The call that writes: `write(2)`; a test may put its own.
    public typealias Call = @Sendable (_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int

    /// `write(2)`.
    public static let system: Call = { Glibc.write($0, $1, $2) }

    /// Writes until everything is out or a call has a fault; waits where a non-blocking descriptor is full.
    public static func write(
        _ bytes: [UInt8], to descriptor: Int32, call: Call = system
    ) -> Outcome {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return Outcome(written: 0, fault: 0) }
            var written = 0
            while written < buffer.count {
                let count = call(descriptor, base + written, buffer.count - written)
                if count > 0 {
                    written += count
                } else if count < 0, errno == EAGAIN {
                    waitUntilWritable(descriptor)
                } else if count == 0 || errno != EINTR {
                    return Outcome(written: written, fault: count == 0 ? EIO : errno)
                }
            }
            return Outcome(written: written, fault: 0)
        }
    }

    private static func waitUntilWritable(_ descriptor: Int32) {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&request, 1, 1_000)
    }
}
