import CZlib
import Glibc

/// Compresses bytes to one gzip member.
func gzip(_ bytes: [UInt8]) -> [UInt8] {
    var stream = z_stream()
    let windowOfGzip: Int32 = 15 + 16
    deflateInit2_(
        &stream, 6, Z_DEFLATED, windowOfGzip, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    defer { deflateEnd(&stream) }
    var input = bytes
    let room = bytes.count + bytes.count / 100 + 256
    return [UInt8](unsafeUninitializedCapacity: room) { output, filled in
        input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            stream.next_out = output.baseAddress
            stream.avail_out = UInt32(room)
            deflate(&stream, Z_FINISH)
        }
        filled = room - Int(stream.avail_out)
    }
}

/// Converts a text to GB18030 with the C library.
func gb18030(_ text: String) -> [UInt8] {
    guard let handle = iconv_open("GB18030", "UTF-8") else { return [] }
    defer { iconv_close(handle) }
    var input = Array(text.utf8).map { CChar(bitPattern: $0) }
    var inputLeft = input.count
    let room = input.count * 4 + 16
    return [UInt8](unsafeUninitializedCapacity: room) { output, filled in
        var outputLeft = room
        input.withUnsafeMutableBufferPointer { source in
            output.withMemoryRebound(to: CChar.self) { target in
                var from = source.baseAddress
                var to = target.baseAddress
                _ = iconv(handle, &from, &inputLeft, &to, &outputLeft)
            }
        }
        filled = room - outputLeft
    }
}
