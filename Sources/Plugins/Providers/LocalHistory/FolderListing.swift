import Glibc
import PluginKit

/// The files of one folder, found by name in any case or by the instrument a name means; every look-up is a hash.
struct FolderListing {
    /// Names in order, hidden ones left out.
    let names: [String]
    private let exact: Set<String>
    /// Names in lower case, in order, each with its place among `names`.
    private let ordered: [(name: String, place: Int)]
    /// The first name of each spelling in lower case.
    private let folded: [String: String]
    /// Names by the instrument that the part before `.csv` means: `600519.SS.csv`, `sh.600519.csv`, `0700.HK.zip`.
    private let meant: [Instrument: [String]]

    /// Lists a folder; one that cannot be read has no names.
    init(_ folder: String) {
        names = Self.names(in: folder)
        exact = Set(names)
        ordered = names.enumerated().map { ($0.element.lowercased(), $0.offset) }.sorted { $0.name < $1.name }
        folded = Dictionary(names.map { ($0.lowercased(), $0) }) { first, _ in first }
        var meant: [Instrument: [String]] = [:]
        for name in names {
            guard let instrument = Self.instrument(ofFile: name) else { continue }
            meant[instrument, default: []].append(name)
        }
        self.meant = meant
    }

    /// Returns the file of that name; where there is none, the first that differs in upper and lower case only.
    func name(like name: String) -> String? { exact.contains(name) ? name : folded[name.lowercased()] }

    /// Returns the names that begin and end with some texts, in any case, with something between.
    func names(from start: String, to end: String) -> [String] {
        let (start, end) = (start.lowercased(), end.lowercased())
        var (low, high) = (0, ordered.count)
        while low < high {
            let middle = (low + high) / 2
            if ordered[middle].name < start { low = middle + 1 } else { high = middle }
        }
        return ordered[low...].prefix { $0.name.hasPrefix(start) }.filter {
            $0.name.hasSuffix(end) && $0.name.utf8.count > start.utf8.count + end.utf8.count
        }.map { names[$0.place] }
    }

    /// Returns a path under a folder as it is written there, as given or in lower case; `nil` where there is none.
    static func spelling(of path: String, in folder: String) -> String? {
        [path, path.lowercased()].first { access(folder + $0, F_OK) == 0 }
    }

    /// Returns the files whose name is a spelling of the instrument.
    func names(meaning instrument: Instrument) -> [String] { meant[instrument] ?? [] }

    /// Returns the instrument a file's name means, or `nil` where it is no CSV file or its name no symbol.
    static func instrument(ofFile name: String) -> Instrument? {
        var stem = name.lowercased()
        let isArchive = [".zip", ".parquet"].contains { stem.hasSuffix($0) }
        for ending in [".gz", ".zip", ".parquet"] where stem.hasSuffix(ending) { stem.removeLast(ending.utf8.count) }
        guard stem.hasSuffix(".csv") || isArchive else { return nil }
        if stem.hasSuffix(".csv") { stem.removeLast(4) }
        return try? Instrument(parsing: stem)
    }

    /// The names in a folder in order, hidden ones left out; none where it cannot be read.
    static func names(in folder: String) -> [String] {
        guard let handle = opendir(folder) else { return [] }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }
}
