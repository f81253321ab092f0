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
    /// By folder, relative to the path; each folder is listed once.
    private var listings: [String: FolderListing] = [:]
    private var missingCount = 0

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
            if let found = listing(of: folder).name(like: name) { return file(found, in: folder) }
        }
        guard options.filePattern == nil else { throw missing(reference, candidates) }
        let names = listing(of: "").names(meaning: reference.instrument)
        guard names.count <= 1 else { throw ambiguous(reference, names) }
        guard let name = names.first else { throw missing(reference, candidates) }
        return file(name, in: "")
    }

    /// The folders in which files of some instruments are looked for.
    func folders(of references: [InstrumentReference]) -> Set<String> {
        var folders: Set<String> = [options.path]
        guard options.filePattern?.contains("/") == true else { return folders }
        for reference in references {
            let folder = Self.split(Self.candidates(reference.instrument, pattern: options.filePattern)[0]).folder
            if !folder.isEmpty, access("\(options.path)/\(folder)", R_OK) == 0 {
                folders.insert("\(options.path)/\(folder)")
            }
        }
        return folders
    }

    private func file(_ name: String, in folder: String) -> HistoryFile {
        let place = folder.isEmpty ? name : "\(folder)/\(name)"
        return HistoryFile(path: "\(options.path)/\(place)", place: place)
    }

    private mutating func listing(of folder: String) -> FolderListing {
        if let known = listings[folder] { return known }
        let listing = FolderListing(folder.isEmpty ? options.path : "\(options.path)/\(folder)")
        listings[folder] = listing
        return listing
    }

    private func ambiguous(_ reference: InstrumentReference, _ names: [String]) -> FileFault {
        FileFault(
            .configuration, reason: "ambiguous_file", place: names[0],
            "'\(reference.instrument)' has several files in '\(options.shownPath)': \(names.joined(separator: ", ")). "
                + "Name the right one \(reference.instrument).csv, or set file_pattern.",
            instrument: reference.id)
    }

    /// Says what was looked for. Only the first few get a guess: comparing each with each name would take for ever.
    private mutating func missing(_ reference: InstrumentReference, _ candidates: [String]) -> FileFault {
        missingCount += 1
        let plain = candidates.filter { !Self.isPacked($0) }
        let folder = Self.split(candidates[0]).folder
        let names = listing(of: folder).names
        let guess =
            missingCount > NearestName.guesses
            ? nil : plain.lazy.compactMap { NearestName.nearest(to: Self.split($0).name, among: names) }.first
        let shown = folder.isEmpty ? options.shownPath : "\(options.shownPath)/\(folder)"
        return FileFault(
            .notFound, reason: "no_file", place: shown,
            "no file for '\(reference.instrument)' in '\(shown)'; looked for \(plain.joined(separator: ", ")), each "
                + "also with .gz or as .zip. " + (guess.map { "Did you mean '\($0)'? " } ?? "")
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
        return patterns.map(filled).flatMap { Self.isPacked($0) ? [$0] : [$0, "\($0).gz", "\($0).zip", Self.zip($0)] }
    }

    private static func isPacked(_ name: String) -> Bool {
        [".gz", ".zip"].contains { name.lowercased().hasSuffix($0) }
    }

    /// The archive that has its name from a text file.
    private static func zip(_ name: String) -> String {
        name.lowercased().hasSuffix(".csv") ? "\(name.dropLast(4)).zip" : "\(name).zip"
    }

    private static func split(_ candidate: String) -> (folder: String, name: String) {
        guard let slash = candidate.lastIndex(of: "/") else { return ("", candidate) }
        return (String(candidate[..<slash]), String(candidate[candidate.index(after: slash)...]))
    }
}
