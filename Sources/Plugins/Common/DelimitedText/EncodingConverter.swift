import Glibc

/// Turns GB18030 into UTF-8 piece by piece with the C library's `iconv`.
///
/// The one place that talks to iconv. A byte that begins no character becomes U+FFFD, its place in the output is noted,
/// and reading goes on with the next byte. A character cut by the end of a piece waits for the next piece.
final class EncodingConverter {
    private let handle: iconv_t
    private var rest: [UInt8] = []
    /// Places of U+FFFD put in for unreadable bytes: offsets in the whole output.
    private var faults: [Int64] = []
    private var outputCount: Int64 = 0

    /// Creates a converter; `nil` where the machine has no converter for GB18030.
    init?() {
        guard let handle = iconv_open("UTF-8", "GB18030"), handle != iconv_t(bitPattern: -1) else { return nil }
        self.handle = handle
    }

    deinit { iconv_close(handle) }

    /// Returns an independent converter at the same place. GB18030 has no shift state, so the kept bytes are all of it.
    func copy() -> EncodingConverter? {
        guard let other = EncodingConverter() else { return nil }
        (other.rest, other.faults, other.outputCount) = (rest, faults, outputCount)
        return other
    }

    /// Whether a byte that became a part of the output's range was unreadable.
    func hasFault(in range: Range<Int64>) -> Bool {
        var low = 0
        var high = faults.count
        while low < high {
            let middle = (low + high) / 2
            if faults[middle] < range.lowerBound { low = middle + 1 } else { high = middle }
        }
        return low < faults.count && faults[low] < range.upperBound
    }

    /// Forgets faults before a place in the output; costs a pass over what is kept, so call it once a piece.
    func dropFaults(before offset: Int64) { faults.removeAll { $0 < offset } }

    /// Returns the places of unreadable bytes so far and forgets them.
    func takeFaults() -> [Int64] {
        defer { faults = [] }
        return faults
    }

    /// Converts a piece and appends it to `output`; at the end a cut character is a fault too.
    func convert(_ piece: [UInt8], into output: inout [UInt8], isLast: Bool) {
        let input = rest + piece
        let before = output.count
        var position = 0
        while position < input.count {
            switch step(input, &position, &output) {
            case .done: break
            case .unreadable: replaceByte(&position, &output, before)
            case .incomplete where input.count - position > Self.longestCharacter: break
            case .incomplete:
                if !isLast {
                    rest = Array(input[position...])
                    outputCount += Int64(output.count - before)
                    return
                }
                replaceByte(&position, &output, before)
            }
        }
        rest = []
        outputCount += Int64(output.count - before)
    }

    private static let longestCharacter = 4
    private static let window = 4_096

    private enum Step { case done, unreadable, incomplete }

    private func replaceByte(_ position: inout Int, _ output: inout [UInt8], _ before: Int) {
        faults.append(outputCount + Int64(output.count - before))
        output += [0xEF, 0xBF, 0xBD]
        position += 1
    }

    /// Converts until the end, an unreadable or an incomplete character; moves `position` there.
    private func step(_ input: [UInt8], _ position: inout Int, _ output: inout [UInt8]) -> Step {
        let start = position
        let end = min(input.count, start + Self.window)
        var inputLeft = end - start
        var failure: Int32 = 0
        // Two bytes of GB18030 become at most three of UTF-8, so the room is always enough.
        let room = inputLeft * 2 + 16
        let converted = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            var outputLeft = room
            input.withUnsafeBytes { bytes in
                var source = bytes.baseAddress.map {
                    UnsafeMutablePointer(mutating: ($0 + start).assumingMemoryBound(to: CChar.self))
                }
                buffer.withMemoryRebound(to: CChar.self) { room in
                    var target = room.baseAddress
                    let result = iconv(handle, &source, &inputLeft, &target, &outputLeft)
                    failure = result == Int(bitPattern: UInt.max) ? errno : 0
                }
            }
            filled = room - outputLeft
        }
        output += converted
        position = end - inputLeft
        return failure == 0 ? .done : failure == EINVAL ? .incomplete : .unreadable
    }
}
