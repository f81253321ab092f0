import Glibc
public import PluginKit

/// Folders and names: creating what is missing, moving aside what must not be overwritten.
public enum FilePaths {
    /// Creates a folder with every folder above it that is missing.
    public static func makeFolder(_ path: String, who: String) throws(PluginError) {
        guard !path.isEmpty, !isFolder(path) else { return }
        if mkdir(path, 0o755) == 0 { return }
        if errno == ENOENT {
            try makeFolder(folder(of: path), who: who)
            if mkdir(path, 0o755) == 0 { return }
        }
        let fault = errno
        guard !isFolder(path) else { return }
        throw SystemFault.error(fault == EEXIST ? ENOTDIR : fault, who: who, action: "created", path: path)
    }

    /// Returns the folder a path is in; `.` for a bare name.
    public static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Whether there is anything at a path.
    public static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Whether a path leads to a folder.
    public static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether a folder holds nothing, or is not there.
    public static func isEmptyFolder(_ path: String) -> Bool {
        guard let folder = opendir(path) else { return errno == ENOENT }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            // The entry's name lies in a tuple; only its first bytes matter here.
            let (first, second, third) = (entry.pointee.d_name.0, entry.pointee.d_name.1, entry.pointee.d_name.2)
            let isDot = first == 0x2E && (second == 0 || (second == 0x2E && third == 0))
            if !isDot { return false }
        }
        return true
    }

    /// Whether a file has no byte, or is not there.
    public static func isEmptyFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) != 0 ? errno == ENOENT : status.st_size == 0
    }

    /// Removes the files of a folder, not its folders; what cannot be removed stays.
    public static func removeFiles(in path: String) {
        guard let folder = opendir(path) else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { unlink("\(path)/\(name)") }
        }
    }

    /// Renames a file to the first free name of `<path><separator><n>`, n = 1, 2, 3 ...; returns the new path.
    ///
    /// Nothing is ever overwritten. `companions` are endings of files that belong to it (`-wal`) and go along, the
    /// ending behind the new name.
    public static func setAside(
        _ path: String, separator: String, companions: [String] = [], who: String
    ) throws(PluginError) -> String {
        var number = 1
        while ([""] + companions).contains(where: { exists("\(path)\(separator)\(number)\($0)") }) { number += 1 }
        let target = "\(path)\(separator)\(number)"
        for ending in [""] + companions where exists(path + ending) {
            guard rename(path + ending, target + ending) == 0 else {
                throw SystemFault.error(errno, who: who, action: "moved aside", path: path + ending)
            }
        }
        return target
    }

    /// Returns a word that is safe as part of a file name: letters, digits, `-`, `_` and `.` stay, the rest becomes `_`.
    public static func safeName(_ text: String) -> String {
        String(decoding: text.utf8.map { isSafe($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
