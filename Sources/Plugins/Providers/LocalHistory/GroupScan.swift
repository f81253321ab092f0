import DelimitedText
import EventTiming
import PluginKit

/// Finds where each instrument's rows begin in a file for all; one pass that stops where an instrument comes again.
struct GroupScan<Rows: EventRows> {
    private(set) var groups: [RowGroup] = []
    /// Whether an instrument's rows stand in several places.
    private(set) var isInterleaved = false
    private var decoder: RowDecoder<Rows>
    private let stride: Int

    init(_ decoder: RowDecoder<Rows>, stride: Int) {
        self.decoder = decoder
        self.stride = stride
    }

    /// Names in the symbol column so far.
    var names: [String] { decoder.symbolNames }

    /// Reads the rows behind a reader's place, which stays; where the file ends too early, what was found stays.
    mutating func run(_ begin: RecordReader) throws(TextError) {
        groups = []
        let reader = try begin.copy()
        var seen: Set<InstrumentID> = []
        var current: InstrumentID?
        var before = reader.place
        while try reader.next() {
            if reader.recordNumber & 0xFFF == 0, Task.isCancelled { return }
            if case .wanted(let target) = decoder.symbol(reader), target.reference.id != current {
                guard seen.insert(target.reference.id).inserted else {
                    isInterleaved = true
                    return
                }
                current = target.reference.id
                // Rows before the first group that cannot be read belong to it, so that they are reported.
                let place = groups.isEmpty ? begin.place : before
                groups.append(RowGroup(target: target, part: place.map { RowIndex(from: $0, stride: stride) }))
            }
            guard let place = before else { continue }
            if !groups.isEmpty { groups[groups.count - 1].part?.add(reader, place) }
            before = reader.place
        }
    }
}

/// The part of a file with an instrument's rows.
struct RowGroup {
    let target: RowTarget
    /// `nil` where the file's places are not known, because it is packed.
    var part: RowIndex?
}
