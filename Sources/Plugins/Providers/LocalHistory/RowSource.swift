import DelimitedText
import PluginKit

/// The rows of a file, or of one instrument's part of it, decoded, from old to new whatever order the file has.
///
/// A file from new to old is read in blocks from its end: an index of places is all that is kept of it, and the rows of
/// one block.
final class RowSource<Rows: EventRows> {
    /// How many records are done with. From old to new they are counted from the begin of the file, its header too; from
    /// new to old from its end, so that rows put in at the top change no number.
    private(set) var number: Int64
    /// Number of the record before the first.
    let first: Int64
    /// Whether the file ended in a line without an end, which was held back because it may not be written whole.
    var hasCutEnd: Bool { reader.hasCutEnd }

    private let begin: RecordReader
    private let place: RecordPlace?
    private var reader: RecordReader
    private var decoder: RowDecoder<Rows>
    private let part: RowIndex?
    private let isReversed: Bool
    private var placesLeft: Int
    private var blockEnd: Int64
    private var block: [DecodedRow<Rows.Event>] = []

    /// Creates a source of the rows behind a reader's place, which it goes on with; where there is an index, of that part
    /// of the file only.
    init(_ found: RecordReader, _ decoder: RowDecoder<Rows>, part: RowIndex? = nil, isReversed: Bool = false) {
        (self.decoder, self.part, self.isReversed) = (decoder, part, isReversed)
        place = part?.places.first ?? found.place
        // Kept for a new beginning, without the bytes it has read.
        begin = place.map { found.reader(at: $0) } ?? found.fresh()
        reader = part == nil ? found : begin
        first = isReversed ? 0 : reader.recordNumber
        number = first
        placesLeft = part?.places.count ?? 0
        blockEnd = part?.end ?? 0
    }

    /// The line of the record at hand.
    var line: Int { reader.line }

    /// Names in the symbol column so far.
    var symbolNames: [String] { decoder.symbolNames }

    /// Returns the next row; `nil` at the end.
    func next() throws(TextError) -> DecodedRow<Rows.Event>? {
        if isReversed { return try nextOfBlock() }
        guard try skipForward() else { return nil }
        return decoder.decode(reader)
    }

    /// Goes over the next row; `false` at the end.
    func skip() throws(TextError) -> Bool {
        if isReversed { return try nextOfBlock() != nil }
        guard try skipForward() else { return false }
        if decoder.dependsOnRowsBefore { _ = decoder.decode(reader) }
        return true
    }

    /// Learns the time of the last event that an earlier stream pushed.
    func note(_ time: Int64, of instrument: InstrumentID) { decoder.note(time, of: instrument) }

    /// Begins again.
    func restart() throws(TextError) {
        reader = place.map { begin.reader(at: $0) } ?? begin.fresh()
        if !isReversed { while reader.recordNumber < first, try reader.next() {} }
        number = first
        placesLeft = part?.places.count ?? 0
        blockEnd = part?.end ?? 0
        block = []
    }

    private func skipForward() throws(TextError) -> Bool {
        if let part, reader.recordNumber >= part.end { return false }
        guard try reader.next() else { return false }
        number = reader.recordNumber
        return true
    }

    private func nextOfBlock() throws(TextError) -> DecodedRow<Rows.Event>? {
        if block.isEmpty { try readBlock() }
        guard let row = block.popLast() else { return nil }
        number += 1
        return row
    }

    private func readBlock() throws(TextError) {
        guard let part, placesLeft > 0 else { return }
        placesLeft -= 1
        let place = part.places[placesLeft]
        reader = begin.reader(at: place)
        while reader.recordNumber < blockEnd, try reader.next() { block.append(decoder.decode(reader)) }
        blockEnd = place.recordsBefore
    }
}

/// Places in a part of a file, some rows apart, from which its rows can be read.
struct RowIndex {
    /// In the order of the file; the first is the part's begin.
    private(set) var places: [RecordPlace]
    /// Number of the part's last record.
    private(set) var end: Int64
    /// Rows between two places.
    private let stride: Int64

    /// Creates the index of a part that begins at a place.
    init(from place: RecordPlace, stride: Int) {
        places = [place]
        end = place.recordsBefore
        self.stride = Int64(stride)
    }

    /// Takes in the record that a reader stands on; `before` is the place before it.
    mutating func add(_ reader: RecordReader, _ before: RecordPlace) {
        end = reader.recordNumber
        if before.recordsBefore - (places.last?.recordsBefore ?? 0) >= stride { places.append(before) }
    }

    /// Reads a file to its end; a fault of the file ends the index, and is told when its last rows are read.
    static func whole(_ begin: RecordReader, stride: Int) throws(TextError) -> (index: RowIndex, fault: TextError?)? {
        let reader = try begin.copy()
        guard var before = reader.place else { return nil }
        var index = RowIndex(from: before, stride: stride)
        do throws(TextError) {
            while try reader.next() {
                index.add(reader, before)
                guard let place = reader.place, !Task.isCancelled else { break }
                before = place
            }
        } catch {
            return (index, error)
        }
        return (index, nil)
    }
}
