import Glibc

/// A folder that is removed, with what is in it, when the test ends.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
        var template = Array("\(parent)/penstock-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Failure(number: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { Self.remove(path) }

    struct Failure: Error { let number: Int32 }

    /// Writes a file, making its folder; returns its path.
    @discardableResult func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let file = "\(path)/\(name)"
        if let slash = file.lastIndex(of: "/") { mkdir(String(file[..<slash]), 0o755) }
        guard let handle = fopen(file, "w") else { throw Failure(number: errno) }
        defer { fclose(handle) }
        guard bytes.isEmpty || fwrite(bytes, 1, bytes.count, handle) == bytes.count else {
            throw Failure(number: errno)
        }
        return file
    }

    /// Writes a text as UTF-8.
    @discardableResult func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    /// Writes a file under another name and puts it in the place of this one, as programs that replace files do.
    func replace(_ name: String, _ text: String) throws {
        let new = try write("\(name).new", text)
        rename(new, "\(path)/\(name)")
    }

    private static func remove(_ path: String) {
        guard let handle = opendir(path) else {
            unlink(path)
            return
        }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(handle)
        for name in names { remove("\(path)/\(name)") }
        rmdir(path)
    }
}
