import Glibc

/// A folder that a program must not reach though one around it was allowed: the kernel's rules only add.
package struct HiddenFolder: Sendable {
    private let path: String

    /// Hides a folder, by whatever name it is reached.
    package init(_ path: String) { self.path = Self.resolved(path) }

    /// Whether a place holds the folder.
    package func isHeld(by place: String) -> Bool {
        let real = Self.resolved(place)
        return path != real && path.hasPrefix(real == "/" ? "/" : real + "/")
    }

    /// Returns the part of a place's path that lies in the folder, empty for the folder itself; `nil` for one outside.
    package func inner(_ place: String) -> Substring? {
        let real = Self.resolved(place)
        return real == path ? "" : real.hasPrefix(path + "/") ? real.dropFirst(path.utf8.count + 1) : nil
    }

    /// Returns the paths; one that holds the folder is replaced by what is beside the folder there.
    func cut(outOf paths: [String]) -> [String] { paths.flatMap { cut(outOf: $0) } }

    private func cut(outOf place: String) -> [String] {
        let real = Self.resolved(place)
        let around = real == "/" ? "/" : real + "/"
        guard path != real else { return [] }
        guard path.hasPrefix(around) else { return [place] }
        guard !Self.isLink(place) || place == real else { return cut(outOf: real) }
        return Self.entries(real).flatMap { name -> [String] in
            let inner = around + name
            // A link leads to what has, or has not, a place of its own.
            return Self.isLink(inner) ? [] : cut(outOf: inner)
        }
    }

    private static func isLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFLNK
    }

    /// The names in a folder; none where it cannot be read.
    private static func entries(_ path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// The path without links; of what is not there yet as far as it is.
    private static func resolved(_ path: String) -> String {
        guard let real = realpath(path, nil) else {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return path }
            return resolved(String(path[..<slash])) + path[slash...]
        }
        defer { free(real) }
        return String(cString: real)
    }
}
