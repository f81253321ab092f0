import CZlib

/// Bytes made smaller and back: gzip (RFC 1952) for HTTP, bare deflate (RFC 1951) for messages of WebSockets (RFC 7692).
///
/// Each call stands alone: no window is kept from one to the next, so a packed message may be shared by all its readers.
public enum Deflation {
    /// Why bytes were not inflated.
    public enum Fault: Error, Equatable {
        /// They are not what deflate writes.
        case damaged
        /// They become more than the limit.
        case tooLarge
    }

    /// What every packed message would end with; it is left out on the wire.
    private static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]

    /// Returns one gzip member; `nil` where memory is short.
    public static func gzip(_ bytes: [UInt8]) -> [UInt8]? { deflated(bytes, windowBits: 31, flush: Z_FINISH) }

    /// Returns the payload of a packed message; `nil` where memory is short.
    public static func message(_ bytes: [UInt8]) -> [UInt8]? {
        guard var packed = deflated(bytes, windowBits: -15, flush: Z_SYNC_FLUSH), packed.suffix(4) == tail[...] else {
            return nil
        }
        packed.removeLast(tail.count)
        return packed
    }

    /// Returns a packed message as it was, at most `limit` bytes.
    public static func unpacked(message bytes: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        try inflated(bytes + tail, windowBits: -15, limit: limit, isWhole: false)
    }

    /// Returns a gzip member as it was, at most `limit` bytes.
    public static func unpacked(gzip bytes: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        try inflated(bytes, windowBits: 31, limit: limit, isWhole: true)
    }

    private static func deflated(_ bytes: [UInt8], windowBits: Int32, flush: Int32) -> [UInt8]? {
        var stream = z_stream()
        let size = Int32(MemoryLayout<z_stream>.size)
        // Level 5: a tenth larger than the best, in half the time. Memory level 8 is zlib's own choice.
        guard deflateInit2_(&stream, 5, Z_DEFLATED, windowBits, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size) == Z_OK
        else {
            return nil
        }
        defer { deflateEnd(&stream) }
        // The bound is of a stream that ends; a flush adds an empty block.
        let room = Int(deflateBound(&stream, UInt(bytes.count))) + 16
        var input = bytes
        return input.withUnsafeMutableBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: room) { output, count in
                (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
                (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(room))
                let outcome = deflate(&stream, flush)
                count = outcome == Z_OK || outcome == Z_STREAM_END ? room - Int(stream.avail_out) : 0
            }
        }
    }

    private static func inflated(
        _ bytes: [UInt8], windowBits: Int32, limit: Int, isWhole: Bool
    ) throws(Fault) -> [UInt8] {
        var stream = z_stream()
        guard inflateInit2_(&stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            throw .damaged
        }
        defer { inflateEnd(&stream) }
        var input = bytes
        var result: [UInt8] = []
        var outcome = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            (stream.next_in, stream.avail_in) = (input.baseAddress, UInt32(input.count))
            while outcome == Z_OK, result.count <= limit {
                let before = (stream.avail_in, result.count)
                result += [UInt8](unsafeUninitializedCapacity: chunk) { output, count in
                    (stream.next_out, stream.avail_out) = (output.baseAddress, UInt32(chunk))
                    outcome = inflate(&stream, Z_SYNC_FLUSH)
                    count = chunk - Int(stream.avail_out)
                }
                if stream.avail_in == 0, stream.avail_out > 0 { break }
                if before == (stream.avail_in, result.count) { break }
            }
        }
        guard result.count <= limit else { throw .tooLarge }
        let isSound = outcome == Z_STREAM_END || (!isWhole && (outcome == Z_OK || outcome == Z_BUF_ERROR))
        guard isSound, stream.avail_in == 0 else { throw .damaged }
        return result
    }

    /// Bytes inflated at a time: a message that grows without end is noticed soon.
    private static let chunk = 16_384
}
