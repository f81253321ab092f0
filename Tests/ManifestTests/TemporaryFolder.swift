import Glibc

/// A folder that is removed with the value.
final class TemporaryFolder {
    let path: String

    init() {
        var template = Array("\(P_tmpdir)/manifest-tests-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? "/nonexistent"
    }

    deinit {
        for name in names { remove("\(path)/\(name)") }
        for name in names.reversed() { rmdir("\(path)/\(name)") }
        rmdir(path)
    }

    private var names: [String] = []

    func write(_ content: [UInt8], to name: String, mode: mode_t = 0o644) {
        if let slash = name.firstIndex(of: "/") {
            let folder = String(name[..<slash])
            mkdir("\(path)/\(folder)", 0o755)
            names.insert(folder, at: 0)
        }
        names.insert(name, at: 0)
        let descriptor = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, mode)
        _ = content.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        fchmod(descriptor, mode)
        close(descriptor)
    }

    func write(_ content: String, to name: String, mode: mode_t = 0o644) {
        write(Array(content.utf8), to: name, mode: mode)
    }

    func link(_ name: String, to target: String) {
        names.insert(name, at: 0)
        symlink(target, "\(path)/\(name)")
    }

    func read(_ name: String) -> String {
        guard let file = fopen("\(path)/\(name)", "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while case let byte = fgetc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    func mode(_ name: String) -> mode_t {
        var status = stat()
        stat("\(path)/\(name)", &status)
        return status.st_mode & 0o777
    }

    /// Names in the folder.
    var listing: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var found: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { found.append(name) }
        }
        return found.sorted()
    }
}
