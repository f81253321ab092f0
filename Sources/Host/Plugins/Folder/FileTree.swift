import Glibc
import PluginKit

/// Folders on disk: walking with limits, copying, removing.
enum FileTree {
    /// A file or folder found under a root.
    struct Entry: Sendable {
        /// The path from the root, `/` between names.
        let path: String
        /// Whether it is a folder.
        let isFolder: Bool
        /// Bytes.
        let size: Int
        /// The permission bits.
        let mode: mode_t
    }

    /// Folders of tools; not part of a plugin: never copied from a source, never pinned.
    static let excluded: Set<String> = [
        ".git", ".hg", ".svn", ".build", ".swiftpm", ".venv", "__pycache__", ".tox", ".nox", ".idea", ".vscode",
    ]
    /// Files by which a folder says that it is one of a tool: a virtual environment, a cache, what penstock keeps where it
    /// runs (its state, its plugins).
    static let marks = ["pyvenv.cfg", "CACHEDIR.TAG", "penstock.db", "plugins.lock"]
    /// Most files and folders of a plugin.
    static let countLimit = 10_000
    /// Most bytes of a plugin.
    static let sizeLimit = 512 << 20
    /// Most levels of folders.
    static let depthLimit = 16

    /// Returns every file and folder of a plugin, sorted by path; refuses links, devices and what is over the limits.
    static func entries(_ root: String) throws(PluginFault) -> [Entry] {
        var found: [Entry] = []
        var total = 0
        var open = [""]
        while let folder = open.popLast() {
            for name in try names(folder.isEmpty ? root : "\(root)/\(folder)") where !excluded.contains(name) {
                let path = folder.isEmpty ? name : "\(folder)/\(name)"
                let entry = try entry(path, root: root)
                total += entry.size
                found.append(entry)
                try checkLimits(found.count, total, depth: path.split(separator: "/").count, root: root)
                guard entry.isFolder else { continue }
                if isOfTool("\(root)/\(path)") { found.removeLast() } else { open.append(path) }
            }
        }
        return found.sorted { $0.path < $1.path }
    }

    /// Whether a folder is one of a tool, by a file in it.
    static func isOfTool(_ folder: String) -> Bool { marks.contains { access("\(folder)/\($0)", F_OK) == 0 } }

    /// Makes a folder and those above it.
    static func makeFolders(_ path: String, mode: mode_t = 0o755) throws(PluginFault) {
        var made = path.hasPrefix("/") ? "" : "."
        for part in path.split(separator: "/") {
            made += "/\(part)"
            guard mkdir(made, mode) == 0 || errno == EEXIST else {
                throw PluginFault(
                    .file,
                    "\(PluginError.quoted(made)): the folder cannot be made: \(String(cString: strerror(errno))). Check "
                        + "the permissions of the one above.")
            }
        }
    }

    /// Copies a plugin's files to a new folder; group and others lose the right to write, and get none they did not have.
    static func copy(_ root: String, to target: String) throws(PluginFault) {
        var status = stat()
        guard stat(root, &status) == 0 else { throw failure(root) }
        try makeFolders(target)
        chmod(target, status.st_mode & 0o755 | 0o700)
        for entry in try entries(root) {
            if entry.isFolder {
                try makeFolders("\(target)/\(entry.path)", mode: entry.mode & 0o755 | 0o700)
            } else {
                let bytes = try read(entry, root: root)
                try write(bytes, to: "\(target)/\(entry.path)", mode: entry.mode & 0o755 | 0o400)
            }
        }
    }

    /// Removes a file or folder with everything in it; follows no link; what is missing is no fault.
    static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            unlink(path)
            return
        }
        for name in (try? names(path)) ?? [] { remove("\(path)/\(name)") }
        rmdir(path)
    }

    /// Returns the content of a file that was found.
    static func read(_ entry: Entry, root: String) throws(PluginFault) -> [UInt8] {
        let path = "\(root)/\(entry.path)"
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        return try FileBytes.read(descriptor, count: entry.size, name: PluginError.quoted(path))
    }

    /// Returns the names in a folder.
    static func names(_ folder: String) throws(PluginFault) -> [String] {
        guard let stream = opendir(folder) else { throw failure(folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            guard names.count <= countLimit else { throw tooMuch(folder, "more than \(countLimit) files") }
        }
        return names
    }

    private static func entry(_ path: String, root: String) throws(PluginFault) -> Entry {
        var status = stat()
        guard lstat("\(root)/\(path)", &status) == 0 else { throw failure("\(root)/\(path)") }
        let sort = status.st_mode & S_IFMT
        guard sort == S_IFREG || sort == S_IFDIR else {
            throw PluginFault(
                .unsafe,
                "\(PluginError.quoted(root)): \(PluginError.quoted(path)) is \(sort == S_IFLNK ? "a link" : "a device"); "
                    + "allowed files and folders. Replace it by a file.")
        }
        guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw PluginFault(
                .unsafe,
                "\(PluginError.quoted(root)): the name \(PluginError.quoted(path)) has a control character. Rename it.")
        }
        return Entry(
            path: path, isFolder: sort == S_IFDIR, size: sort == S_IFDIR ? 0 : Int(status.st_size),
            mode: status.st_mode & 0o7777)
    }

    private static func checkLimits(_ count: Int, _ total: Int, depth: Int, root: String) throws(PluginFault) {
        if count > countLimit { throw tooMuch(root, "more than \(countLimit) files") }
        if total > sizeLimit { throw tooMuch(root, "more than \(sizeLimit >> 20) MiB") }
        if depth > depthLimit { throw tooMuch(root, "folders more than \(depthLimit) deep") }
    }

    private static func tooMuch(_ path: String, _ what: String) -> PluginFault {
        PluginFault(.unsafe, "\(PluginError.quoted(path)): it has \(what). Check that it is a plugin's folder.")
    }

    /// Writes a new file.
    static func write(_ bytes: [UInt8], to path: String, mode: mode_t) throws(PluginFault) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw failure(path) }
            rest = rest.dropFirst(count)
        }
        fchmod(descriptor, mode)
    }

    private static func failure(_ path: String) -> PluginFault {
        let code = errno
        return PluginFault(
            .file, "\(PluginError.quoted(path)): \(String(cString: strerror(code))). Check the path and permissions.")
    }
}
