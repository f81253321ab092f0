import FoundationEssentials
import TestSupport

/// What only the tests of the repository itself ask.
extension Repository {
    /// Whether tests write what they would compare: `PENSTOCK_UPDATE_DOCS=1`.
    static let updates = ProcessInfo.processInfo.environment["PENSTOCK_UPDATE_DOCS"] == "1"

    /// What to do about a file that is written from the code and is not current.
    static let remedy =
        "it is not current; PENSTOCK_UPDATE_DOCS=1 make test ARGS=\"--filter RepositoryTests\" writes it anew"

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
