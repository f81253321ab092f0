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

/// Packs files into a zip archive, deflated or as they are.
func zipArchive(_ members: [(name: String, bytes: [UInt8])], isDeflated: Bool = true, size: Int? = nil) -> [UInt8] {
    var (archive, directory): ([UInt8], [UInt8]) = ([], [])
    for (name, bytes) in members {
        // Gzip's deflated bytes stand between ten bytes of head and eight of checksum and length.
        let packed = isDeflated ? Array(gzip(bytes).dropFirst(10).dropLast(8)) : bytes
        let sum = UInt32(truncatingIfNeeded: crc32(0, bytes, UInt32(bytes.count)))
        var common = little(UInt16(20)) + little(UInt16(0)) + little(UInt16(isDeflated ? 8 : 0)) + little(UInt32(0))
        common += little(sum) + little(UInt32(packed.count)) + little(UInt32(size ?? bytes.count))
        common += little(UInt16(name.utf8.count)) + little(UInt16(0))
        directory += [0x50, 0x4B, 1, 2] + little(UInt16(20)) + common + [UInt8](repeating: 0, count: 10)
        directory += little(UInt32(archive.count)) + Array(name.utf8)
        archive += [0x50, 0x4B, 3, 4] + common + Array(name.utf8) + packed
    }
    let counts = little(UInt16(0)) + little(UInt16(0)) + little(UInt16(members.count)) + little(UInt16(members.count))
    let place = little(UInt32(directory.count)) + little(UInt32(archive.count)) + little(UInt16(0))
    return archive + directory + [0x50, 0x4B, 5, 6] + counts + place
}

/// The bytes of a number, the lowest first.
func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
