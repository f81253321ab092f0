import EditDistance
import Glibc
import PluginKit

/// Finds the files of an instrument under the configured path.
struct FileCatalog {
    /// The one file for all instruments; `nil` where the path is a folder.
    let single: FileChain?
    private let options: HistoryOptions
    private let timeframe: Timeframe?
    /// Patterns to look for, best first, filled but for the instrument and the date.
    private let patterns: [FilePattern]
    /// Those of files that are not packed.
    private let plainPatterns: [FilePattern]
    /// By folder, relative to the path; each folder is listed once.
    private var listings: [String: FolderListing] = [:]
    private var missingCount = 0

    /// Looks at the configured path; throws where it is not there or not readable.
    init(_ options: HistoryOptions, timeframe: Timeframe? = nil) throws(PluginError) {
        (self.options, self.timeframe) = (options, timeframe)
        patterns = options.patterns.flatMap { $0.variants(options.kind, timeframe) }
        plainPatterns = patterns.filter { !FilePattern.isPacked($0.text) }
        let path = FilePattern(options.path)
        var status = stat()
        guard stat(path.text, &status) == 0 else {
            let number = errno
            let reason = String(cString: strerror(number))
            throw PluginError(
                number == ENOENT ? .notFound : .environment,
                "\(options.instance): 'path' is \(PluginError.quoted(options.shownPath)); "
                    + "\(PluginError.quoted(path.text)): \(reason). Put the data there or correct the path.")
        }
        let isFolder = status.st_mode & S_IFMT == S_IFDIR
        guard isFolder || status.st_mode & S_IFMT == S_IFREG, access(path.text, isFolder ? R_OK | X_OK : R_OK) == 0
        else {
            throw PluginError(
                .environment,
                "\(options.instance): 'path' is \(PluginError.quoted(options.shownPath)), which cannot be read; "
                    + "allowed is a readable file or folder. Change its permissions.")
        }
        let name = path.text.split(separator: "/").last.map(String.init) ?? path.text
        let folder = String(path.text.dropLast(name.count))
        single = isFolder ? nil : FileChain(name, in: folder, member: path.member)
    }

    /// Whether files are named by a pattern that leaves instruments out, so that one file has several.
    var isShared: Bool { options.patterns.contains { !$0.isOfOneInstrument } }

    /// Returns the files of an instrument in the folder.
    ///
    /// - Throws: reason `no_file`: says what was looked for, what is there and what may be meant.
    mutating func files(for reference: InstrumentReference) throws(FileFault) -> FileChain {
        let parts = FilePattern.parts(of: reference.instrument)
        for pattern in patterns {
            if let found = try chain(pattern.filled(parts), reference) { return found }
        }
        guard !options.isPatternSet else { throw missing(reference) }
        for folder in options.kind == .bar ? [""] : options.kind.fileWords + [""] {
            let names = listing(of: folder).names(meaning: reference.instrument)
            guard names.count <= 1 else { throw ambiguous(reference, names) }
            if let name = names.first { return file(name, in: folder, nil) }
        }
        throw missing(reference)
    }

    /// The folders in which files of some instruments are looked for.
    mutating func folders(of references: [InstrumentReference]) -> Set<String> {
        var folders: Set<String> = [options.path]
        for reference in references {
            if let chain = try? files(for: reference) { folders.insert(chain.folder) }
            guard let pattern = patterns.first?.filled(FilePattern.parts(of: reference.instrument)) else { continue }
            let folder = "\(options.path)/\(Self.split(pattern.text).folder)"
            if !folder.contains("{"), access(folder, R_OK) == 0 { folders.insert(folder) }
        }
        return Set(folders.map { $0.count > 1 && $0.hasSuffix("/") ? String($0.dropLast()) : $0 })
    }

    /// The files of a pattern for an instrument; `nil` where there are none.
    private mutating func chain(
        _ pattern: FilePattern, _ reference: InstrumentReference
    ) throws(FileFault) -> FileChain? {
        var folder = ""
        let components = pattern.text.split(separator: "/").map(String.init)
        for (index, component) in components.enumerated() {
            if component.contains("{date}") {
                let rest = components[(index + 1)...].map { "/\($0)" }.joined()
                return try dated(component, rest, in: folder, pattern.member, reference)
            }
            guard let name = listing(of: folder).name(like: component) else { return nil }
            if index == components.count - 1 { return file(name, in: folder, pattern.member) }
            folder = folder.isEmpty ? name : "\(folder)/\(name)"
        }
        return nil
    }

    /// The files, or folders with a file of one name, that differ in the date.
    private mutating func dated(
        _ component: String, _ rest: String, in folder: String, _ member: String?, _ reference: InstrumentReference
    ) throws(FileFault) -> FileChain? {
        let parts = component.split(separator: "{date}", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let place = folder.isEmpty ? "" : "\(folder)/"
        var days: [Int32] = []
        var first: FileDate?
        var (head, tail) = ("", "")
        for name in listing(of: folder).names(from: String(parts[0]), to: String(parts[1])) {
            let text = name.dropFirst(parts[0].count).dropLast(parts[1].count)
            guard let (form, day) = FileDate.read(text) else { continue }
            let inside = rest.isEmpty ? "" : FolderListing.spelling(of: rest, in: "\(options.path)/\(place)\(name)")
            guard let inside else { continue }
            guard first == nil || first == form else { throw mixedDates(reference, name) }
            if first == nil { head = String(name.prefix(parts[0].count)) }
            first = form
            tail = name.suffix(parts[1].count) + inside
            days.append(day)
        }
        return first.map { FileChain(place + head, tail, in: "\(options.path)/", member: member, $0, days.sorted()) }
    }

    private func file(_ name: String, in folder: String, _ member: String?) -> FileChain {
        FileChain(folder.isEmpty ? name : "\(folder)/\(name)", in: "\(options.path)/", member: member)
    }

    private mutating func listing(of folder: String) -> FolderListing {
        if let known = listings[folder] { return known }
        let listing = FolderListing(folder.isEmpty ? options.path : "\(options.path)/\(folder)")
        listings[folder] = listing
        return listing
    }
}

// MARK: Faults

extension FileCatalog {
    private func ambiguous(_ reference: InstrumentReference, _ names: [String]) -> FileFault {
        FileFault(
            .configuration, reason: "ambiguous_file", place: names[0],
            "'\(reference.instrument)' has several files in '\(options.shownPath)': \(names.joined(separator: ", ")). "
                + "Name the right one \(reference.instrument).csv, or set file_pattern.",
            instrument: reference.id)
    }

    private func mixedDates(_ reference: InstrumentReference, _ name: String) -> FileFault {
        FileFault(
            .configuration, reason: "ambiguous_file", place: name,
            "the files of '\(reference.instrument)' have dates written in several ways, '\(name)' is one of them. Move those "
                + "of one way elsewhere.", instrument: reference.id)
    }

    /// Says what was looked for. Only the first few get a guess: comparing each with each name would take for ever.
    private mutating func missing(_ reference: InstrumentReference) -> FileFault {
        missingCount += 1
        let parts = FilePattern.parts(of: reference.instrument)
        let isGuessed = missingCount <= NameList.guesses
        let told = (plainPatterns.isEmpty ? patterns : plainPatterns).prefix(isGuessed ? .max : 3)
        let plain = told.map { $0.filled(parts).text }
        let folder = Self.split(plain[0]).folder
        let hasFolder = !folder.isEmpty && access("\(options.path)/\(folder)", R_OK) == 0
        let names = listing(of: hasFolder ? folder : "").names
        let guess =
            isGuessed
            ? plain.lazy.compactMap { EditDistance.nearest(to: Self.split($0).name, among: names) }.first : nil
        let shown = folder.isEmpty ? options.shownPath : "\(options.shownPath)/\(folder)"
        return FileFault(
            .notFound, reason: "no_file", place: shown,
            "no file for '\(reference.instrument)' in '\(shown)'; looked for \(plain.prefix(3).joined(separator: ", ")), each "
                + "also with .gz, as .zip or .parquet. " + (guess.map { "Did you mean '\($0)'? " } ?? "")
                + NameList.text(names, "The folder holds"),
            instrument: reference.id)
    }

    private static func split(_ candidate: String) -> (folder: String, name: String) {
        guard let slash = candidate.lastIndex(of: "/") else { return ("", candidate) }
        return (String(candidate[..<slash]), String(candidate[candidate.index(after: slash)...]))
    }
}
