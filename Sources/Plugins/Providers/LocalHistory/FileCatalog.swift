import Glibc
import PluginKit

/// A file with bars.
struct HistoryFile: Sendable, Hashable {
    /// Where it lies.
    let path: String
    /// How messages name it: relative to the configured folder.
    let place: String
}

/// Finds the file of an instrument under the configured path.
struct FileCatalog {
    /// The one file for all instruments; `nil` where the path is a folder.
    let single: HistoryFile?
    private let options: HistoryOptions
    /// File names by folder, relative to the path; each folder is listed once.
    private var listings: [String: [String]] = [:]

    /// Looks at the configured path; throws where it is not there or not readable.
    init(_ options: HistoryOptions) throws(PluginError) {
        self.options = options
        var status = stat()
        guard stat(options.path, &status) == 0 else {
            let number = errno
            let reason = String(cString: strerror(number))
            throw PluginError(
                number == ENOENT ? .notFound : .environment,
                "\(options.instance): 'path' is \(PluginError.quoted(options.shownPath)); "
                    + "'\(options.path)': \(reason). Put the data there or correct the path.")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        guard isFolder || status.st_mode & S_IFMT == S_IFREG, access(options.path, isFolder ? R_OK | X_OK : R_OK) == 0
        else {
            throw PluginError(
                .environment,
                "\(options.instance): 'path' is \(PluginError.quoted(options.shownPath)), which cannot be read; "
                    + "allowed is a readable file or folder. Change its permissions.")
        }
        let name = options.path.split(separator: "/").last.map(String.init) ?? options.path
        single = isFolder ? nil : HistoryFile(path: options.path, place: name)
    }

    /// Returns the file of an instrument in the folder.
    ///
    /// - Throws: reason `no_file`: says what was looked for, what is there and what may be meant.
    mutating func file(for reference: InstrumentReference) throws(FileFault) -> HistoryFile {
        let candidates = Self.candidates(reference.instrument, pattern: options.filePattern)
        for candidate in candidates {
            let (folder, name) = Self.split(candidate)
            let wanted = name.lowercased()
            let names = names(in: folder)
            guard let found = names.first(where: { $0 == name }) ?? names.first(where: { $0.lowercased() == wanted })
            else { continue }
            let place = folder.isEmpty ? found : "\(folder)/\(found)"
            return HistoryFile(path: "\(options.path)/\(place)", place: place)
        }
        throw missing(reference, candidates)
    }

    private mutating func names(in folder: String) -> [String] {
        if let known = listings[folder] { return known }
        let names = Self.list(folder.isEmpty ? options.path : "\(options.path)/\(folder)")
        listings[folder] = names
        return names
    }

    private mutating func missing(_ reference: InstrumentReference, _ candidates: [String]) -> FileFault {
        let plain = candidates.filter { !$0.hasSuffix(".gz") }
        let folder = Self.split(candidates[0]).folder
        let names = names(in: folder)
        let guess = plain.lazy.compactMap { NearestName.nearest(to: Self.split($0).name, among: names) }.first
        let shown = folder.isEmpty ? options.shownPath : "\(options.shownPath)/\(folder)"
        return FileFault(
            .notFound, reason: "no_file", place: shown,
            "no file for '\(reference.instrument)' in '\(shown)'; looked for \(plain.joined(separator: ", ")), each "
                + "also with .gz. " + (guess.map { "Did you mean '\($0)'? " } ?? "")
                + NearestName.list(names, "The folder holds"),
            instrument: reference.id)
    }

    /// Names to look for, best first; a `/` in a code (`BTC/USDT`) is written `-`.
    private static func candidates(_ instrument: Instrument, pattern: String?) -> [String] {
        let code = String(instrument.code.map { $0 == "/" ? "-" : $0 })
        let venue = String(instrument.venue.map { $0 == "/" ? "-" : $0 })
        func filled(_ pattern: String) -> String {
            let parts = ["{symbol}": "\(code).\(venue)", "{code}": code, "{venue}": venue]
            return parts.reduce(pattern) { text, part in
                text.split(separator: part.key, omittingEmptySubsequences: false).joined(separator: part.value)
            }
        }
        let patterns = pattern.map { [$0] } ?? ["{code}.{venue}.csv", "{code}.csv", "{venue}{code}.csv"]
        return patterns.map(filled).flatMap { $0.lowercased().hasSuffix(".gz") ? [$0] : [$0, "\($0).gz"] }
    }

    private static func split(_ candidate: String) -> (folder: String, name: String) {
        guard let slash = candidate.lastIndex(of: "/") else { return ("", candidate) }
        return (String(candidate[..<slash]), String(candidate[candidate.index(after: slash)...]))
    }

    private static func list(_ folder: String) -> [String] {
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

/// Finds what somebody who misspelt a name meant.
enum NearestName {
    /// Returns the known name within a third of the length in edits, or `nil`.
    static func nearest(to name: String, among known: [String]) -> String? {
        guard (1...64).contains(name.utf8.count) else { return nil }
        let wanted = Array(name.lowercased().utf8)
        let ranked = known.lazy.filter { abs($0.utf8.count - wanted.count) <= 3 }
            .map { (distance(wanted, Array($0.lowercased().utf8)), $0) }
        guard let best = ranked.min(by: { $0.0 < $1.0 }), best.0 <= max(1, wanted.count / 3) else { return nil }
        return best.1
    }

    /// Returns `The folder holds a, b, c and 5 more.`; says so where there is nothing.
    static func list(_ names: [String], _ lead: String) -> String {
        if names.isEmpty { return "\(lead) nothing." }
        let rest = names.count > 12 ? " and \(names.count - 12) more" : ""
        return "\(lead) \(names.prefix(12).joined(separator: ", "))\(rest)."
    }

    /// Edits between two texts, where exchanging neighbours is one; costs the product of the lengths.
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard !left.isEmpty, !right.isEmpty else { return max(left.count, right.count) }
        var older: [Int] = []
        var previous = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let cost = left[row - 1] == right[column - 1] ? 0 : 1
                var best = min(previous[column] + 1, current[column - 1] + 1, previous[column - 1] + cost)
                if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
                    best = min(best, older[column - 2] + 1)
                }
                current.append(best)
            }
            (older, previous) = (previous, current)
        }
        return previous[right.count]
    }
}
