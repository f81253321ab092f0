import Glibc
import PluginKit

/// An archive of a plugin: listed and checked before anything is unpacked.
struct PluginArchive {
    /// The file.
    let path: String

    private static let sizeLimit = 256 << 20

    /// Unpacks into a new folder; refuses paths that leave it, links, devices, and what is over the limits of a plugin.
    func extract(to folder: String) throws(PluginFault) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.sizeLimit else {
            throw PluginFault(
                .file,
                "\(PluginError.quoted(path)): it is no file of at most \(Self.sizeLimit >> 20) MiB. Check the path.")
        }
        if path.hasSuffix(".zip") { return try ZipArchive(path: file).extract(to: folder) }
        try check(try tar(["--list", "--verbose", "--absolute-names", "--numeric-owner", "--quoting-style=escape"]))
        try FileTree.makeFolders(folder)
        _ = try tar(
            ["--extract", "--no-same-owner", "--no-same-permissions", "--keep-old-files"],
            after: ["--directory", folder])
    }

    private func tar(_ arguments: [String], after: [String] = []) throws(PluginFault) -> String {
        let packing = path.hasSuffix(".tar") ? [] : ["--gzip"]
        return try ChildCommand(program: "tar", arguments: arguments + packing + ["--file", file] + after).run()
    }

    /// The path as `tar` takes it for a file, never for `host:file`.
    private var file: String { path.hasPrefix("/") ? path : "./\(path)" }

    /// Checks lines such as `-rw-r--r-- 0/0 12 2026-01-02 03:04 a/b`.
    func check(_ listing: String) throws(PluginFault) {
        var total = 0
        var count = 0
        for line in listing.split(separator: "\n") {
            let fields = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
            guard fields.count == 6, let size = Int(fields[2]) else { throw refused(line, "is not readable") }
            let name = fields[5]
            guard line.first == "-" || line.first == "d" else { throw refused(name, "is a link or a device") }
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains(".."), !name.contains("\\") else {
                throw refused(name, "leaves the folder or has unusual characters")
            }
            total += size
            count += 1
            guard total <= FileTree.sizeLimit, count <= FileTree.countLimit else {
                throw refused(name, "goes over \(FileTree.sizeLimit >> 20) MiB or \(FileTree.countLimit) files")
            }
        }
    }

    private func refused(_ name: some StringProtocol, _ reason: String) -> PluginFault {
        PluginFault(
            .unsafe,
            "\(PluginError.quoted(path)): its entry \(PluginError.quoted(name)) \(reason); allowed files and folders "
                + "inside the archive's own. Nothing was unpacked; make the archive again.")
    }
}
