import Glibc

/// The text of a packed or converted file, laid out as plain UTF-8 in a file of its own so that it can be read from any
/// place; the file is removed with the last reader of it.
final class UnpackedText {
    /// Where it lies.
    let path: String
    /// Places of characters put in for unreadable bytes, in ascending order.
    private let encodingFaults: [Int64]
    /// What the packed file ended with, to be told behind its text.
    let endFault: TextError?

    /// More unreadable bytes than this are no text in that encoding.
    private static let maximumFaults = 1 << 20

    /// Reads a stream to its end and writes its text to a new file in a folder; stops early where the task is cancelled.
    init(_ stream: ByteStream, folder: String) throws(TextError) {
        var template = Array("\(folder)/unpacked-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard descriptor >= 0 else { throw Self.refusal(stream, folder, errno) }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        do throws(TextError) {
            (encodingFaults, endFault) = try Self.copy(stream, to: descriptor, folder)
        } catch {
            unlink(path)
            throw error
        }
        self.path = path
    }

    deinit { unlink(path) }

    /// Whether unreadable bytes stood in a range of the text.
    func hasEncodingFault(in range: Range<Int64>) -> Bool {
        var low = 0
        var high = encodingFaults.count
        while low < high {
            let middle = (low + high) / 2
            if encodingFaults[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < encodingFaults.count && encodingFaults[low] < range.upperBound
    }

    private static func copy(
        _ stream: ByteStream, to descriptor: Int32, _ folder: String
    ) throws(TextError) -> ([Int64], TextError?) {
        var faults: [Int64] = []
        var endFault: TextError?
        var hasMore = true
        while hasMore, !Task.isCancelled {
            var piece: [UInt8] = []
            do throws(TextError) { hasMore = try stream.read(into: &piece) } catch {
                (hasMore, endFault) = (false, error)
            }
            faults += stream.takeEncodingFaults()
            guard faults.count <= maximumFaults else {
                throw TextError(
                    .wrongEncoding, "\(stream.name) has more than a million bytes that are no GB18030. Set encoding.")
            }
            guard write(piece, to: descriptor) else { throw refusal(stream, folder, errno) }
        }
        return (faults, endFault)
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            written += count
        }
        return true
    }

    private static func refusal(_ stream: ByteStream, _ folder: String, _ number: Int32) -> TextError {
        TextError(
            .unreadable,
            "\(stream.name) is to be unpacked into '\(folder)' to be read out of order: \(String(cString: strerror(number))). "
                + "Make room there, or unpack it yourself.")
    }
}
