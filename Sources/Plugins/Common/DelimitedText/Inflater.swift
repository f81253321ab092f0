import CZlib

/// Inflates gzip members one after the other, or one bare deflate stream; zlib's state behind one class.
///
/// The one place that talks to zlib. zlib keeps pointers into the stream record, so that lies at a fixed address that
/// this object owns; input and output pointers are set for the length of one call and cleared after it.
final class Inflater {
    /// What stands around the deflated bytes.
    enum Container: Int32 {
        /// Gzip's head, length and checksum.
        case gzip = 31
        /// Nothing: a member of a zip archive.
        case none = -15
    }

    private let stream: UnsafeMutablePointer<z_stream>
    /// Whether the last member is complete: the file may end here.
    private(set) var isBetweenMembers = false

    /// What became of one call.
    enum Outcome {
        /// All went well; more input or more room is needed.
        case running
        /// A member is complete; in gzip its length and checksum are right.
        case memberEnded
        /// zlib refuses the input, with its own words.
        case damaged(String)
    }

    init?(_ container: Container) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // The container's number is zlib's own code for it, with the largest window.
        let size = Int32(MemoryLayout<z_stream>.size)
        guard inflateInit2_(stream, container.rawValue, ZLIB_VERSION, size) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    private init?(copying other: Inflater) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        isBetweenMembers = other.isBetweenMembers
        guard inflateCopy(stream, other.stream) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Returns an independent inflater at the same place; `nil` where memory is short.
    func copy() -> Inflater? { Inflater(copying: self) }

    /// Begins the next member.
    func beginMember() {
        inflateReset(stream)
        isBetweenMembers = false
    }

    /// Inflates input from `position` on and appends at most `limit` bytes to `output`; moves `position`.
    func inflate(_ input: [UInt8], from position: inout Int, into output: inout [UInt8], limit: Int) -> Outcome {
        var status: Int32 = Z_OK
        let start = position
        let produced = [UInt8](unsafeUninitializedCapacity: limit) { room, filled in
            status = input.withUnsafeBufferPointer { bytes in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress.map { $0 + start })
                stream.pointee.avail_in = UInt32(clamping: bytes.count - start)
                stream.pointee.next_out = room.baseAddress
                stream.pointee.avail_out = UInt32(clamping: limit)
                return CZlib.inflate(stream, Z_NO_FLUSH)
            }
            filled = limit - Int(stream.pointee.avail_out)
        }
        position = input.count - Int(stream.pointee.avail_in)
        output += produced
        return outcome(status)
    }

    /// Goes on with the CRC-32 of bytes, 0 before the first.
    static func checksum(_ before: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBufferPointer { buffer in
            UInt32(truncatingIfNeeded: crc32(UInt(before), buffer.baseAddress, UInt32(clamping: buffer.count)))
        }
    }

    private func outcome(_ status: Int32) -> Outcome {
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        switch status {
        case Z_STREAM_END:
            isBetweenMembers = true
            return .memberEnded
        case Z_OK, Z_BUF_ERROR:
            return .running
        default:
            return .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "code \(status)")
        }
    }
}
