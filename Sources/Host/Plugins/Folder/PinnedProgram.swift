import Glibc
package import HostManifest
package import PluginKit

/// A program that an instance names itself, as it was accepted: its content, and what it said it is.
package struct PinnedProgram: Sendable {
    /// The kind of plugin it is used as.
    package let kind: PluginKind
    /// The program, as the manifest writes it.
    package let program: InlineProgram
    /// The digest of its files.
    package let digest: ContentDigest
    /// What it said it is when it was accepted.
    package let descriptor: PluginDescriptor

    /// Most programs of a lock.
    static let limit = 200
    /// Most bytes of one file.
    static let sizeLimit = 64 << 20

    /// Reads the programs under a key of the lock.
    static func read(_ key: String, _ fields: inout PluginFields) -> [PinnedProgram] {
        guard let node = fields.node(key) else { return [] }
        guard case .sequence(let items, _) = node.content, items.count <= limit else {
            fields.fault(key, "'\(key)' is \(node.kindName); allowed a list of at most \(limit).")
            return []
        }
        return items.compactMap { read($0, &fields) }
    }

    private static func read(_ node: YAMLNode, _ fields: inout PluginFields) -> PinnedProgram? {
        let name = PluginLock.fileName
        var inner = PluginFields(node, name: name, known: ["kind", "library", "command", "digest", "descriptor"])
        defer { fields.adopt(inner) }
        let kind = PluginKind(rawValue: inner.text("kind", limit: 16) ?? "")
        let digest = inner.text("digest", limit: 71).flatMap { ContentDigest($0) }
        let program: InlineProgram? =
            inner.has("library")
            ? inner.text("library", limit: 4_096).map { .library($0) }
            : inner.list("command", limit: 64).map { .command($0) }
        guard var description = inner.nested("descriptor", known: descriptorKeys) else {
            inner.fault("descriptor", "'descriptor' is missing. Run `penstock plugins lock`.")
            return nil
        }
        let descriptor = DescriptorReader(name: name).descriptor(&description)
        inner.adopt(description)
        guard let kind, let digest, let program, let descriptor else {
            inner.fault("digest", "a program is not readable. Run `penstock plugins lock`.")
            return nil
        }
        return PinnedProgram(kind: kind, program: program, digest: digest, descriptor: descriptor)
    }

    private static let descriptorKeys = ["id", "version", "summary", "stability"] + DescriptorReader.keys

    /// The entry in the lock.
    var text: String {
        let named =
            switch program {
            case .library(let path): "library: \(DescriptorText.quoted(path))"
            case .command(let words): "command: [\(words.map { DescriptorText.quoted($0) }.joined(separator: ", "))]"
            }
        let lines = DescriptorText(descriptor: descriptor).entries.flatMap {
            $0.text.split(separator: "\n").map { "      \($0)\n" }
        }
        return "  - kind: \(kind.rawValue)\n    \(named)\n    digest: \(digest)\n    descriptor:\n\(lines.joined())"
    }

    /// Returns the digest of a program's files, which anybody else must not be able to change.
    ///
    /// A library is one file. Of a command every word that names a file is pinned, and the modules beside a Python script that it
    /// imports; the interpreter that is found in the system's folders is not.
    static func digest(of program: InlineProgram, in folder: String) throws(PluginFault) -> ContentDigest {
        switch program {
        case .library(let path):
            return ContentDigest(of: try TrustedFile.read(absolute(path, folder), limit: DynamicLoader.sizeLimit))
        case .command(let words):
            var text = "penstock-program-digest-1\n"
            var count = 0
            for (place, word) in words.enumerated() {
                let isOfTheSystem = place == 0 && (word.hasPrefix("/") || !word.contains("/"))
                guard !isOfTheSystem, isFile(absolute(word, folder)) else {
                    text += "word \(ContentDigest(of: Array(word.utf8)))\n"
                    continue
                }
                count += 1
                let file = absolute(word, folder)
                text += "file \(ContentDigest(of: try read(file)))\n"
                let place = file.count - (file.split(separator: "/").last?.count ?? 0)
                for module in try PythonModules.files(of: file, read: read) {
                    text += "module \(module.dropFirst(place)) \(ContentDigest(of: try read(module)))\n"
                }
            }
            guard count > 0 else {
                throw PluginFault(
                    .file,
                    "\(program): none of its words names a file that can be pinned; allowed a script or program of your "
                        + "own. Check its path, which starts from the manifest's folder.")
            }
            return ContentDigest(of: Array(text.utf8))
        }
    }

    private static func read(_ file: String) throws(PluginFault) -> [UInt8] {
        try TrustedFile.read(file, limit: sizeLimit)
    }

    static func absolute(_ path: String, _ folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
