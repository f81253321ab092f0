import FoundationEssentials

/// The files of this repository.
enum Repository {
    /// The folder that `Package.swift` is in.
    static let root: String = {
        let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3)
        return parts.joined(separator: "/")
    }()

    /// Whether tests write what they would compare: `PENSTOCK_UPDATE_DOCS=1`.
    static let updates = ProcessInfo.processInfo.environment["PENSTOCK_UPDATE_DOCS"] == "1"

    /// What to do about a file that is written from the code and is not current.
    static let remedy =
        "it is not current; PENSTOCK_UPDATE_DOCS=1 make test ARGS=\"--filter RepositoryTests\" writes it anew"

    /// Returns the text of a file.
    static func text(_ path: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: "\(root)/\(path)")), as: UTF8.self)
    }

    /// Replaces the text of a file.
    static func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(root)/\(path)"))
    }

    /// Whether there is a file or folder.
    static func has(_ path: String) -> Bool { FileManager.default.fileExists(atPath: "\(root)/\(path)") }

    /// Returns the names in a folder that do not begin with a dot, sorted; none where there is no such folder.
    static func names(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(folder)")) ?? []
        return names.filter { !$0.hasPrefix(".") }.sorted()
    }

    /// Returns the paths of all files with an ending under a folder, build folders left out.
    static func files(under folder: String, ending: String) -> [String] {
        names(in: folder).flatMap { name -> [String] in
            let path = "\(folder)/\(name)"
            return name.hasSuffix(ending) ? [path] : name.contains(".") ? [] : files(under: path, ending: ending)
        }
    }

    /// Returns the modules a Swift file imports.
    static func imports(of path: String) throws -> Set<String> {
        let levels: Set<Substring> = ["public", "package", "internal", "private", "@_exported", "@testable"]
        let modules = try text(path).split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ").drop { levels.contains($0) }
            guard words.first == "import", words.count > 1 else { return nil }
            return words.dropFirst().first.map { String($0.prefix { $0 != "." }) }
        }
        return Set(modules)
    }
}
