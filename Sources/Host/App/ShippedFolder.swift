import Glibc

/// A folder that comes with the program: in a folder above it, as in a checkout, or in `share/penstock` there, as in an
/// installation.
package enum ShippedFolder {
    /// Returns the first folder of a name that holds a file, above this program, then above other paths; `nil` where there is
    /// none.
    package static func find(_ name: String, holding file: String, orAbove others: [String] = []) -> String? {
        ([program] + others).lazy.compactMap { above($0, name, file) }.first
    }

    private static var program: String {
        var buffer = [CChar](repeating: 0, count: 4_096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        return String(decoding: buffer[0..<max(0, count)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func above(_ path: String, _ name: String, _ file: String) -> String? {
        var parts = path.split(separator: "/")
        while !parts.isEmpty {
            for place in [name, "share/penstock/\(name)"] {
                let folder = "/" + parts.joined(separator: "/") + "/\(place)"
                if access("\(folder)/\(file)", R_OK) == 0 { return folder }
            }
            parts.removeLast()
        }
        return nil
    }
}
