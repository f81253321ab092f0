import Glibc

/// The modules beside a Python program that are part of it: those it imports by name, and what they import.
///
/// Read from its `import` and `from` lines, so that no code runs. What is imported in other ways is not found.
enum PythonModules {
    /// Most modules of a program.
    private static let limit = 500

    /// Returns the paths of the modules below the folder of a script, ascending; none of a program in another language.
    static func files(of script: String, read: (String) throws(PluginFault) -> [UInt8]) throws(PluginFault) -> [String]
    {
        guard script.hasSuffix(".py") else { return [] }
        let folder = script.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let root = folder.isEmpty && !script.hasPrefix("/") ? "." : folder
        var (found, open): (Set<String>, [String]) = ([], [script])
        while let file = open.popLast(), found.count < limit {
            let text = String(decoding: try read(file), as: UTF8.self)
            for name in names(in: text) {
                for path in modules(named: name, in: root) where path != script && found.insert(path).inserted {
                    open.append(path)
                }
            }
        }
        return found.sorted()
    }

    /// The first parts of the names of modules that a text imports.
    static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == "(" || $0 == ")" || $0 == ";" }
            guard let first = words.first, first == "import" || first == "from", words.count > 1 else { continue }
            // `from . import a, b` names modules behind the word `import`, `from a import b` names the one before it.
            let isOfPackage = first == "from" && words[1].allSatisfy { $0 == "." }
            let named = first == "import" ? words.dropFirst() : isOfPackage ? words.dropFirst(3) : words[1...1]
            for word in named {
                let part = word.drop { $0 == "." }.prefix { $0 != "." && $0 != "#" }
                if !part.isEmpty { names.insert(String(part)) }
            }
        }
        return names
    }

    /// `NAME.py`, or every module of the package `NAME`.
    private static func modules(named name: String, in folder: String) -> [String] {
        let file = "\(folder)/\(name).py"
        if access(file, R_OK) == 0 { return [file] }
        let package = "\(folder)/\(name)"
        guard access("\(package)/__init__.py", R_OK) == 0, let entries = try? FileTree.entries(package) else {
            return []
        }
        return entries.filter { !$0.isFolder && $0.path.hasSuffix(".py") }.map { "\(package)/\($0.path)" }
    }
}
