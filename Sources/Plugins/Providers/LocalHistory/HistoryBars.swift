import DelimitedText
import EventTiming
public import PluginKit
import Synchronization

/// The bars of one instrument in a file, read as the provider reads it: by its header, the preset that the header tells, and
/// whatever its times and numbers look like.
public struct HistoryBars: Sendable {
    /// The bars, oldest first, prices as the file has them; the instrument is number 0.
    public let bars: [Bar]
    /// What a user should know of a file that is read all the same, a sentence or two each.
    public let remarks: [String]

    /// Reads a file; throws where it cannot be read, has rows of several instruments, or a row that is no bar.
    public init(file path: String) async throws(PluginError) {
        let base = try HistoryFolder.options(path, [:])
        guard let file = try FileCatalog(base).single?[0] else {
            throw PluginError(.badRequest, "'\(path)' is a folder; allowed is a file of one instrument. Name the file.")
        }
        guard let look = FileLook(file, base.format) else {
            throw PluginError(
                .malformed, "'\(path)' has no row that can be read. Give a file with a header and a row a bar.")
        }
        var set = Self.options(look)
        let (step, symbols) = HistoryFolder.look(file, try HistoryFolder.options(path, set))
        guard symbols.count <= 1 else {
            throw PluginError(
                .badRequest,
                "'\(path)' has rows of \(symbols.count) instruments (\(symbols.sorted().prefix(5).joined(separator: ", "))); "
                    + "allowed is one. Write the rows of one into a file of their own.")
        }
        if !symbols.isEmpty {
            var columns: [String: ConfigurationValue] = [:]
            if case .map(let told) = set["columns"] { columns = told }
            columns["symbol"] = .text("none")
            set["columns"] = .map(columns)
        }
        let told = Told()
        let provider = try LocalHistory(
            HistoryFolder.configuration(path, set), context: .ofFiles { _, _, data in told.note(data["remark"]) })
        let timeframe = step.flatMap { Timeframe(RowSteps.timeframe(of: $0)) } ?? Timeframe(1, .day)
        let whose = InstrumentReference(
            id: InstrumentID(rawValue: 0), instrument: Self.instrument(symbols.first, named: file.path))
        let reply = try await provider.fetch(FetchRequest(.bar, of: [whose], timeframe: timeframe))
        if let defect = reply.defects.first {
            let others = reply.defects.count > 1 ? " (and \(reply.defects.count - 1) more such rows)" : ""
            throw PluginError(.malformed, "\(defect.place): \(defect.message)\(others)")
        }
        (bars, remarks) = (try reply.events(Bar.self), told.all)
    }

    /// What the first row asks for: a preset, or columns by their numbers where it is a bar itself.
    private static func options(_ look: FileLook) -> [String: ConfigurationValue] {
        var set: [String: ConfigurationValue] = [:]
        if look.isGB { set["encoding"] = .text(TextEncoding.gb18030.rawValue) }
        if let preset = look.preset { set["preset"] = .text(preset.name) }
        if look.names.count > 4, look.names.dropFirst().allSatisfy({ Double($0) != nil }) {
            set["header"] = .boolean(false)
        } else if !look.has(.time), let seconds = look.names.first(where: { HistoryColumn.folded($0) == "seconds" }) {
            set["columns"] = .map(["time": .text(seconds)])
        }
        return set
    }

    /// By the venue a date becomes a time; a file that does not say whose rows it has is of none.
    private static func instrument(_ symbol: String?, named path: String) -> Instrument {
        let name = path.split(separator: "/").last.map(String.init) ?? path
        return symbol.flatMap { try? Instrument(parsing: $0) } ?? FolderListing.instrument(ofFile: name)
            ?? Instrument(code: "BARS", venue: "UNKNOWN")
    }

    /// The remarks of a reading.
    private final class Told: Sendable {
        private let texts = Mutex<[String]>([])

        var all: [String] { texts.withLock { $0 } }

        func note(_ remark: String?) {
            guard let remark else { return }
            texts.withLock { $0.append(remark) }
        }
    }
}
